"""The people of a tenant: who they are, what they are granted, and how they come in and go."""
