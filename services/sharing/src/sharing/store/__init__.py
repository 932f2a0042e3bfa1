"""What sharing keeps: one file per table, one typed function per statement, always for many rows at once.

Locks are taken in one order everywhere: invoices, then matters, each by firm and id; then all other rows.
"""
