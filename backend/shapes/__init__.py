"""Shapes of a trace for people: the flow, a lot's life, the table, the map of places, and exports of them."""
