"""Traceable objects: one id space for lots, units, logistic units, assets, tanks and transformations."""
