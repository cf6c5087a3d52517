"""Captures that take long: staged in the object store, cut into events, captured in parts, told event by event."""
