"""Recall cases: from the first suspicion to the closing, with the law's clocks, the holds, and a timeline that nobody can change."""
