"""The second factor: one-time codes by RFC 6238 and recovery codes, of a person and good in every company that he works for."""
