"""Links with which somebody who has lost his password sets a new one: issued by an administrator, good once."""
