"""Quantities: units of measure, mass balance of lots, steps and products, and what policies say of tanks."""
