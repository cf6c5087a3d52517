"""Who is calling and what they may see: tenants, persons, memberships, sessions, permissions and the audit trail."""
