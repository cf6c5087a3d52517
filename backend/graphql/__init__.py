"""GraphQL: how the features' types become one protected schema, and how it is served; no feature's own types live here."""
