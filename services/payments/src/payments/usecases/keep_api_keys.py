"""Keep API keys as invoices tells of them, so that this service checks keys by itself."""

from collections.abc import Sequence

from chassis.api_keys import ApiKey, upsert_api_keys
from chassis.database import Tx


async def keep_api_keys(tx: Tx, keys: Sequence[ApiKey]) -> None:
    """Keep the newest state of each key, in the caller's transaction. Safe to repeat and in any order."""
    await upsert_api_keys(tx, keys)
