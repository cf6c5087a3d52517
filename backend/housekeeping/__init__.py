"""Housekeeping: what has served its time is removed, a little at a time, and never what is evidence."""
