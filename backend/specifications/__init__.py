"""Specifications: what goods have to be like, by product, material, supplier, step and customer; released versions never change."""
