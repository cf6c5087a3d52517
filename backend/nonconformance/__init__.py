"""Nonconformances: what was found wrong with which goods, what was decided about them, and what was done (ISO 9001:2015, 8.7)."""
