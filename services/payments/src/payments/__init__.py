"""What is owed, by whom, and how it is paid."""
