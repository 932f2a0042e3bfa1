"""What payments can do: one file each."""
