"""Notifications: who is told of what, by which channel, once; and what became of each message."""
