"""What events say beyond the columns of the log, kept in side tables so that queries find it."""
