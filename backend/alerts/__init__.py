"""Alerts: what a person has to know and act on, raised once for each thing that happened."""
