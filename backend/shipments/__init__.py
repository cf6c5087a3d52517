"""Shipments: what left for whom, which lots each one carries, and the command that ships."""
