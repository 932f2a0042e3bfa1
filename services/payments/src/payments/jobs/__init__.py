"""Loops over claimed rows: orders for the processor, and commands that ask the gate first."""
