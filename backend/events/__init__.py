"""EPCIS events: read, checked, made canonical, kept and written back."""
