"""Printed documents: A4 pages with header, footer and page numbers, in Chinese and English, as tagged PDF. No word of the product."""
