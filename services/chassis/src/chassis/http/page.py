"""Lists come in pages: newest first (a history oldest first), each page naming where the next one starts."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from contracts.message import Part

T = TypeVar("T", bound=Part)

LIMIT_DEFAULT = 50
LIMIT_MAX = 200

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=LIMIT_MAX, description="rows in the page")]
After = Annotated[UUID | None, QueryParameter(name="after", description="the `next` of the page before")]


class Page(Part, Generic[T]):
    """Some rows of a list. `next` is to be sent as `after` for the following page; None on the last one."""

    items: list[T]
    next: UUID | None = None


def cut_page(ids: Sequence[UUID], limit: int) -> UUID | None:
    """Tell where the next page starts, given the ids of up to `limit` + 1 rows: one more says that there is one."""
    return ids[limit - 1] if len(ids) > limit else None
