"""The product: one package per noun of traceability."""
