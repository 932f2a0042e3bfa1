"""SQL: one file per table, one typed function per statement."""
