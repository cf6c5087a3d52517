"""What a case suspects, as GraphQL takes it: the inputs are the scopes' own, which take them for a preview too."""

from backend.recall_scope.inputs import RecallBoundsInput, RecallComplaintInput, RecallObjectInput, RecallSourceInput

__all__ = ["RecallBoundsInput", "RecallComplaintInput", "RecallObjectInput", "RecallSourceInput"]
