"""Phones of the shop floor: enrolled once, bound to a key and a site, handed from person to person, revoked in one act."""
