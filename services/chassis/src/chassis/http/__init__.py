"""HTTP: one way in for every service, with the same authentication, idempotency, problems and health."""
