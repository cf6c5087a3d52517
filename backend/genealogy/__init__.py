"""Genealogy: what was made from what, which unit belongs to which lot, what lies in what, and where how much of it is."""
