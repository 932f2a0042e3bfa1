"""Talking to a stack as its users do, by HTTP and by topic: for the demo, the flow tests and the benchmarks."""
