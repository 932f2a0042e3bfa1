"""Fixtures for tests on real PostgreSQL and real Kafka; loaded as a pytest plugin (`-p chassis.testing`)."""

from chassis.testing.eventually import eventually
from chassis.testing.fixtures import database_of, new_database, stack
from chassis.testing.plain_logs import pytest_configure

__all__ = ["database_of", "eventually", "new_database", "pytest_configure", "stack"]
