"""The only place that makes ids; decisions take them as arguments."""

import os
from uuid import UUID, uuid5

import uuid_utils
from asyncpg.pgproto import pgproto

# A child that is forked must not make the ids that its parent makes.
os.register_at_fork(after_in_child=uuid_utils.reseed_rng)


def new_id() -> UUID:
    """Make a time-ordered id (RFC 9562, version 7): indexes on it stay cheap as tables grow.

    It is a UUID of the database driver's own kind, which is compared, hashed, written and sent several times faster.
    """
    return pgproto.UUID(uuid_utils.uuid7().bytes)


def derived_id(parent: UUID, purpose: str) -> UUID:
    """Make the one id that `parent` has for `purpose`: the same each time, so that a repeat meets its first effect."""
    return uuid5(parent, purpose)
