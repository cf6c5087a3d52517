"""Shifts: teams, the plans by which they work, and who is on duty."""
