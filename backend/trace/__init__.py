"""Trace: from any object to everything that it came from and everything that came from it."""
