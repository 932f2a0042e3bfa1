"""The rules of sharing: frozen values and pure functions, on the standard library alone."""
