"""Holds: stop goods and everything made from them, show why, release them cause by cause."""
