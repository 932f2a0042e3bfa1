"""What sharing can do: one file each."""
