"""How everything that belongs to a firm is named: nothing is looked up without its firm."""

from typing import TypeAlias
from uuid import UUID

Key: TypeAlias = tuple[UUID, UUID]
"""Firm and id of one thing of that firm."""
