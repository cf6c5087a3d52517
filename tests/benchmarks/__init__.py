"""Benchmarks: `python -m tests.benchmarks [names…]`. Every figure stands beside its limit, measured in the same run."""
