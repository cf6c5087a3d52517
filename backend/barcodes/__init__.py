"""GS1 barcodes: what stands in them read by the GS1 Barcode Syntax Dictionary, checked part by part, and written.

`gs1-syntax-dictionary.txt` is GS1's own (release 2026-01-27, Apache License 2.0, its notice stands in the file), unchanged.
"""
