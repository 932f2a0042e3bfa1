"""The stack without containers: real Kafka, real PostgreSQL, mail sink, all services; the demo."""
