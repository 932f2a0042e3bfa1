"""Rules of what is owed, on plain values: standard library alone."""
