"""A trace as a file: CSV, EPCIS, GraphML, SVG and PDF."""
