"""Plumbing with no business word in it: intake, outbox, inbox, parked messages, database, HTTP, roles."""
