"""What a scanning phone talks to."""
