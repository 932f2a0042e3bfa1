"""What invoices can do: one file per use case; the listing is the feature list."""
