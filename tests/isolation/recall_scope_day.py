"""What is read of a recall's scope on the generated tests' day."""

from typing import Final

RECALL_SCOPES: Final = """query($id: ID!, $key: String!) {
  recallScope(caseId: $id) { counts { affected } suspects(first: 2) { nodes { object { code } wouldReach { affected } } }
    affected(first: 2) { nodes { object { code } whereabouts { state } } } coPacked(first: 2) { nodes { object { code } } }
    totals(first: 2) { nodes { state } } balances(first: 2) { nodes { came } } shipments(first: 2) { nodes { goods { object { code } } } }
    customers(first: 2) { nodes { party } } }
  recallScopePreview(sources: [{complaint: {key: $key}}]) { counts { affected } }
  compareRecallBounds(caseId: $id, bounds: [{}, {includePossible: false}]) { counts { affected } }
  recallAdditions(caseId: $id, first: 2) { nodes { kind } }
  recallScopeVersions(caseId: $id, first: 2) { nodes { version intact customers(first: 2) { nodes { party } }
    items(first: 2) { nodes { object { code } units(first: 2) { nodes { object { code } } } } } } }
}"""
