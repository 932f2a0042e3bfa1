"""Parameters of lists that come in pages, newest first."""

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many to list at most.")]
After = Annotated[UUID | None, QueryParameter(description="`next_after` of the page before.")]
