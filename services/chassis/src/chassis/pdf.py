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


class PdfFault(Exception):
    """What can go wrong when a PDF is made."""


class PdfRefused(PdfFault):
    """No PDF comes of this, however often it is tried."""


class PdfTooSlow(PdfFault):
    """No PDF in the time there was."""


class Typesetter:
    """Makes PDFs in threads of its own, at most so many at once; the event loop stays free."""

    def __init__(self, *, thread_count: int = 1, timeout_seconds: float = 120.0) -> None:
        self._threads = ThreadPoolExecutor(thread_count, thread_name_prefix="typesetter")
        self._timeout_seconds = timeout_seconds

    async def typeset(self, template: Path, data: Callable[[], Mapping[str, object]], made_at: datetime) -> bytes:
        """Make a PDF dated `made_at`. `data` is called in the thread, since writing much data takes a while too.

        A thread cannot be stopped: after PdfTooSlow it goes on to its end, which the bound on the data brings.
        """
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: compile_pdf(template, data(), made_at)
        )
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await running
        except TimeoutError:
            raise PdfTooSlow(f"{template.name}: not done in {self._timeout_seconds} s") from None

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


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
