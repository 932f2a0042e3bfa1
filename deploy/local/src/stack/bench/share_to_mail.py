"""`bench share-to-mail`: how long one share takes from its acceptance to the mail, on a stack that has nothing to do.

By portal; by e-mail with a PDF that was made before; and by e-mail with one that must be made first.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

from chassis.clock import now
from chassis.testing.eventually import eventually
from stack.addresses import Addresses
from stack.bench.firm_at_work import FirmAtWork, open_firm_at_work
from stack.bench.result import InvalidRun, Result, load_now, percentile, rounded
from stack.bench.scale import Scale
from stack.bench.together import together
from stack.client.api import Answer
from stack.client.mail import mails_to
from stack.client.people import Person, meet
from stack.client.practice import Practice, expect
from stack.client.sharing import share_by_email, share_in_portal
from stack.folders import RunFolder
from stack.terminal import err

MAIL_TIMEOUT_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.1
"""The sink says when a mail came, so there is no hurry; and looking takes time from those who are measured."""
PAUSE_SECONDS = (0.03, 0.08)

Share: TypeAlias = Callable[[Practice, UUID, UUID], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to share: what it is called, how it is done, and how many files come with the mail."""

    name: str
    share: Share
    attachments: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One share: when it was asked for, when its answer was there, when its mail was."""

    asked_at: datetime
    accepted_at: datetime
    mailed_at: datetime

    @property
    def from_accepted_ms(self) -> float:
        return (self.mailed_at - self.accepted_at).total_seconds() * 1e3

    @property
    def from_asked_ms(self) -> float:
        return (self.mailed_at - self.asked_at).total_seconds() * 1e3


async def _in_portal(practice: Practice, invoice_id: UUID, contact_id: UUID) -> Answer:
    return await share_in_portal(practice, invoice_id, [contact_id])


async def _by_email(practice: Practice, invoice_id: UUID, contact_id: UUID) -> Answer:
    return await share_by_email(practice, invoice_id, [contact_id])


async def _by_email_without_comments(practice: Practice, invoice_id: UUID, contact_id: UUID) -> Answer:
    """Share with a choice of comments of its own: there is no PDF for that until somebody shares so."""
    return await share_by_email(practice, invoice_id, [contact_id], comments="none")


WAYS = (
    Way("portal", _in_portal, 0),
    Way("email_pdf_before", _by_email, 1),
    Way("email_pdf_on_the_way", _by_email_without_comments, 1),
)


def bench_share_to_mail(_run: RunFolder, addresses: Addresses, scale: Scale) -> Result:
    """Measure on a whole stack; `scale.commands` shares by each way in a round.

    Raises: InvalidRun, WrongAnswerError.
    """
    load = load_now()
    samples = asyncio.run(_measure(addresses, scale))
    figures: dict[str, float] = {}
    details: dict[str, object] = {}
    for name, each in samples.items():
        figures |= {f"{name}_{key}": value for key, value in _latency([one.from_accepted_ms for one in each]).items()}
        details[name] = {"shares": len(each), "from_request": _latency([one.from_asked_ms for one in each])}
    return Result("share-to-mail", figures, scale.rounds, load, {"ways": details})


async def _measure(addresses: Addresses, scale: Scale) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {way.name: [] for way in WAYS}
    async with open_firm_at_work(addresses) as firm:
        for number in range(scale.rounds):
            prepared = await _prepare(firm, number, scale.commands * len(WAYS))
            for place, (person, invoice_id) in enumerate(prepared):
                way = WAYS[(place + number) % len(WAYS)]
                samples[way.name].append(await _share_once(firm, way, person, invoice_id))
                await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - so that no loop's pace is met
            await firm.rest()
            for place, (person, _) in enumerate(prepared):
                await _check_mail(firm, WAYS[(place + number) % len(WAYS)], person)
            err.print(f"  round {number + 1}: {len(prepared)} shares, {len(prepared)} mails")
    return samples


async def _prepare(firm: FirmAtWork, number: int, count: int) -> list[tuple[Person, UUID]]:
    """Finalise invoices, each for a person of its own, and wait until their PDFs are made and all is quiet."""
    matter_id = await firm.practice.matter(f"B-{number}", "Benchmark")
    people = await together(lambda name: meet(firm.practice, name, matter_id), ["Ada"] * count)
    invoice_ids = await together(firm.practice.final_invoice, [matter_id] * count)

    async def made(invoice_id: UUID) -> bool:
        path = f"/v1/invoices/{invoice_id}/versions/1/pdf"
        return (await firm.practice.api.download("invoices", path))[0] == 200  # noqa: PLR2004 - HTTP: OK

    for invoice_id in invoice_ids:
        await eventually(partial(made, invoice_id), timeout_seconds=MAIL_TIMEOUT_SECONDS)
    await firm.rest()
    return list(zip(people, invoice_ids, strict=True))


async def _share_once(firm: FirmAtWork, way: Way, person: Person, invoice_id: UUID) -> Sample:
    asked_at = now()
    answer = expect(way.name, 200, await way.share(firm.practice, invoice_id, person.contact_id))
    accepted_at = now()
    if answer.body["shared"] != [str(person.contact_id)]:
        raise InvalidRun(f"{way.name}: nothing was shared")

    async def arrivals() -> Sequence[str]:
        query = {"query": f"to:{person.email}"}
        found = await firm.http.get(f"{firm.addresses.mail_url}/api/v1/search", params=query)
        return [summary["Created"] for summary in found.json()["messages"]]

    try:
        created = await eventually(arrivals, timeout_seconds=MAIL_TIMEOUT_SECONDS, step_seconds=LOOK_EVERY_SECONDS)
        mailed_at = datetime.fromisoformat(created[0])
    except AssertionError:
        raise InvalidRun(f"{way.name}: no mail in {MAIL_TIMEOUT_SECONDS:.0f} seconds") from None
    return Sample(asked_at, accepted_at, mailed_at)


async def _check_mail(firm: FirmAtWork, way: Way, person: Person) -> None:
    """Check that a person got one mail, with as many files as this way brings."""
    mails = await mails_to(firm.http, firm.addresses.mail_url, person.email)
    files = [len(list(mail.message.iter_attachments())) for mail in mails]
    if files != [way.attachments]:
        raise InvalidRun(f"{way.name}: {len(mails)} mails with {files} files")


def _latency(values_ms: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": rounded(percentile(values_ms, 0.5)), "p99_ms": rounded(percentile(values_ms, 0.99))}
