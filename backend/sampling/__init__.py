"""Acceptance sampling: the published tables, the rules by which severity switches, and a tenant's plans with their state."""
