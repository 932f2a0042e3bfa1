"""Who may see what, by which channel."""
