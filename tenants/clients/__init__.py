"""Partners' machines: named clients with scopes, their keys, and how a key or a token of one becomes a principal."""
