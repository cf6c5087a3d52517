"""What the company tells of itself in letters to customers and authorities."""
