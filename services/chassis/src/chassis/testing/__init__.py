"""Fixtures for tests on real PostgreSQL and real Kafka; loaded as a pytest plugin (`-p chassis.testing`)."""

from chassis.testing.eventually import eventually
from chassis.testing.fixtures import database_of, new_database, stack, tx_of

__all__ = ["database_of", "eventually", "new_database", "stack", "tx_of"]
