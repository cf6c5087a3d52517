"""How much one tenant, one session, key or device, and one address may ask for."""
