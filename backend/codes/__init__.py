"""Codes as people and programs ask about them: any text read and explained, and what is printed on labels."""
