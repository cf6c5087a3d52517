<<<<<<<< HEAD:backend/recalls/source_inputs.py
"""What a case suspects, as GraphQL takes it: the inputs are the scopes' own, which take them for a preview too."""
========
"""What is suspected, and the bounds, as GraphQL takes them: for opening a recall, and for looking what it would reach."""
>>>>>>>> c2742915f3163300a25fe2ad21e923692f76aae9:backend/recall_scope/inputs.py

from backend.recall_scope.inputs import RecallBoundsInput, RecallComplaintInput, RecallObjectInput, RecallSourceInput

__all__ = ["RecallBoundsInput", "RecallComplaintInput", "RecallObjectInput", "RecallSourceInput"]
