"""Benchmarks on a stack: what things cost here. They judge nothing, but a run that is not valid fails."""
