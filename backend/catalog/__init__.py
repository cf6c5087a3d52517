"""The catalogue: products, places and business partners, so that a trace speaks in names."""
