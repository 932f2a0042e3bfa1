"""What sharing keeps: one file per table, one typed function per statement, always for many rows at once.

Locks are taken in one order: invoices, pending acts, matters, shares, each by firm and id; then all other rows. A batch
of facts keeps it over all its types (`handlers.FACTS`), save that invoices are locked type by type. A batch of commands
keeps it type by type alone. Where two batches meet across that, PostgreSQL ends one of them and intake does it again.
"""
