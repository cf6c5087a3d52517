"""Search and combined questions."""
