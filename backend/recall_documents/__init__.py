"""The documents of a recall: the report, the customer's letter, what the authority is told, and how effective it was."""
