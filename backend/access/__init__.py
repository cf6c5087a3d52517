"""Who may do what, as people see it through GraphQL: thin entries to the services of `tenants`."""
