"""Named queries and subscriptions over REST and WebSocket (EPCIS 2.0 §12.8)."""
