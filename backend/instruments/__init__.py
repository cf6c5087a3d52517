"""Measuring instruments and their calibrations: whether what an instrument measured counts."""
