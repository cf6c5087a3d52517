"""Corrective and preventive action in eight disciplines, and requests to suppliers for theirs (ISO 9001:2015, 10.2)."""
