"""Aliases: two objects of the tenant that a person has declared to be the same, followed both ways until the declaration is revoked."""
