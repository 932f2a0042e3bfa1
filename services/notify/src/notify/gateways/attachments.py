"""Files that go with mails, in the form they travel in: made once for all recipients of one file."""

import asyncio
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Sequence

from chassis.blobs import Blobs
from notify.domain.message import Attached
from notify.domain.pdf import Attachment

LINE_LENGTH = 76
KEPT_BYTES_MAX = 64 * 1024 * 1024


class Attachments:
    """Encodes files of the blob store and keeps the latest, up to `kept_bytes_max` of them.

    `encoded_count` tells how often a file had to be read and encoded.
    """

    def __init__(self, blobs: Blobs, kept_bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._blobs = blobs
        self._kept_bytes_max = kept_bytes_max
        self._kept_bytes = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[bytes]] = {}
        self.encoded_count = 0

    async def attach(self, attachments: Sequence[Attachment]) -> list[Attached]:
        """Get files ready to go with a mail.

        Raises: BlobMissing, BlobDamaged, BlobsUnavailable.
        """
        return [Attached(each.file_name, await self._encoded(each.sha256)) for each in attachments]

    async def _encoded(self, sha256: str) -> bytes:
        kept = self._kept.get(sha256)
        if kept is not None:
            self._kept.move_to_end(sha256)
            return kept
        # Whoever comes meanwhile waits for the same work.
        task = self._under_way.get(sha256)
        if task is None:
            task = self._under_way[sha256] = asyncio.create_task(self._encode(sha256))
            task.add_done_callback(lambda _: self._under_way.pop(sha256))
        return await asyncio.shield(task)

    async def _encode(self, sha256: str) -> bytes:
        content = await self._blobs.get(sha256)
        self.encoded_count += 1
        encoded = await asyncio.to_thread(_in_lines, content)
        self._kept[sha256] = encoded
        self._kept_bytes += len(encoded)
        while self._kept_bytes > self._kept_bytes_max:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)
        return encoded


def _in_lines(content: bytes) -> bytes:
    """Encode as base64 in lines that end in CRLF (RFC 2045, 6.8)."""
    encoded = b64encode(content)
    lines = [encoded[start : start + LINE_LENGTH] for start in range(0, len(encoded), LINE_LENGTH)]
    return b"".join(line + b"\r\n" for line in lines)
