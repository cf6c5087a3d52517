"""Webhooks of partners by Standard Webhooks: endpoints, signed messages, their deliveries and attempts."""
