"""Roles: the built-in ones told in words, a tenant's own, and the rule that changes of rights go one after the other."""
