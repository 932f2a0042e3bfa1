"""PDFs from typst templates: a template file of ours, and data that is never read as markup.

The same template, data and time make the same bytes on every machine: only the fonts inside the typst package are used,
and the clock is not read. Nothing is fetched, and no file is read but those in the template's folder.

Faults:
    PdfFault
        PdfRefused   the template does not take this data, or the data or the result is too big: it never will
        PdfTooSlow   it took too long: perhaps the machine is busy
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path

from typst import Compiler, Fonts, TypstError

DATA_BYTES_MAX = 8 * 1024 * 1024
PDF_BYTES_MAX = 32 * 1024 * 1024
OVERDUE_MAX = 2
"""Threads that took too long and still run: each takes a processor, so there are never more."""


class PdfFault(Exception):
    """What can go wrong when a PDF is made."""


class PdfRefused(PdfFault):
    """No PDF comes of this, however often it is tried."""


class PdfTooSlow(PdfFault):
    """No PDF in the time there was."""


class Typesetter:
    """Makes PDFs in threads of its own, at most so many at once; the event loop stays free.

    A thread cannot be stopped. One that takes too long is left behind, and another begins in its place; but where
    `OVERDUE_MAX` are behind already, the next PDF waits until one of them has ended, as the bound on the data brings.
    """

    def __init__(self, *, thread_count: int = 1, timeout_seconds: float = 120.0) -> None:
        # As many threads as there can be under way: whoever has a place begins at once.
        self._threads = ThreadPoolExecutor(thread_count + OVERDUE_MAX, thread_name_prefix="typesetter")
        self._places = asyncio.Semaphore(thread_count)
        self._overdue: set[asyncio.Future[bytes]] = set()
        self._timeout_seconds = timeout_seconds

    async def room(self) -> None:
        """Wait until a PDF could begin at once, for as long as it takes."""
        async with self._places:
            return

    async def typeset(self, template: Path, data: Callable[[], Mapping[str, object]], made_at: datetime) -> bytes:
        """Make a PDF dated `made_at`. The time it may take is counted from when its thread begins.

        `data` is called in the thread, since writing much data takes a while too.
        """
        await self._places.acquire()
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: compile_pdf(template, data(), made_at)
        )
        running.add_done_callback(self._end)
        # Waited for without cancelling: what was cancelled would count as ended, and its thread is not.
        done, _ = await asyncio.wait([running], timeout=self._timeout_seconds)
        if not done:
            self._leave_behind(running)
            raise PdfTooSlow(f"{template.name}: not done in {self._timeout_seconds} s")
        return running.result()

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave_behind(self, running: asyncio.Future[bytes]) -> None:
        if len(self._overdue) < OVERDUE_MAX:
            self._overdue.add(running)
            self._places.release()

    def _end(self, running: asyncio.Future[bytes]) -> None:
        """Give the place back, once: that of a thread that was left behind is another's by now."""
        if not running.cancelled():
            # Looked at, since whoever asked for it may have gone.
            running.exception()
        if running in self._overdue:
            self._overdue.remove(running)
        else:
            self._places.release()


def compile_pdf(template: Path, data: Mapping[str, object], made_at: datetime) -> bytes:
    """Make a PDF in this thread, for as long as it takes. The template finds the data as JSON in `sys.inputs.data`."""
    written = json.dumps(data, ensure_ascii=False)
    if len(written.encode()) > DATA_BYTES_MAX:
        raise PdfRefused(f"{template.name}: more than {DATA_BYTES_MAX} bytes of data")
    # A compiler cannot be shared between threads. A new one each time costs a third of a millisecond, now that the
    # fonts are read once, and leaves nothing of one invoice behind for the next.
    compiler = Compiler(template, root=template.parent, font_paths=_fonts(), sys_inputs={"data": written})
    try:
        made = compiler.compile(format="pdf", timestamp=made_at.replace(microsecond=0))
    except TypstError as error:
        raise PdfRefused(f"{template.name}: {error}") from error
    assert isinstance(made, bytes)
    if len(made) > PDF_BYTES_MAX:
        raise PdfRefused(f"{template.name}: a PDF of {len(made)} bytes")
    return made


@cache
def _fonts() -> Fonts:
    """Read the fonts inside the typst package, and no others: those of the machine would change the result."""
    return Fonts(include_system_fonts=False)
