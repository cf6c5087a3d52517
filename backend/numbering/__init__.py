"""Numbers that people say aloud, for whatever has one."""
