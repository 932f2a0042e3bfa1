"""The renderer: claims the PDFs that are due, one after the other, and makes them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.blobs import Blobs
from chassis.database import Database
from chassis.jobs import Job, Step
from chassis.pdf import Typesetter
from invoices.usecases.claim_document import claim_document
from invoices.usecases.render_document import Press, render_document

TYPESETTING_SECONDS_MAX = 45.0
"""Two thousand lines take some seconds. Below what health takes for being stuck."""
LEASE_SECONDS = 120.0
"""Longer than typesetting and putting may take together, so that nobody else begins meanwhile."""


def renderer_job(blobs: Blobs) -> Job:
    """Make the job that renders. Stopping it waits for the PDF that is under way."""

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        press = Press(Typesetter(timeout_seconds=TYPESETTING_SECONDS_MAX), blobs)

        async def step(database: Database) -> bool:
            claimed = await claim_document(database, LEASE_SECONDS)
            if claimed is None:
                return False
            await render_document(database, press, claimed)
            return True

        try:
            yield step
        finally:
            press.typesetter.close()

    return Job("renderer", "renderer", open_step)
