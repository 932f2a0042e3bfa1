"""Sharing a draft while a service that takes part dies: finalised once, shared once, told once, answered once.

Source: reliability invariants I5, I7, I19; mission S6, X1.
"""

import asyncio
import signal

import pytest

from contracts.sharing import EmailShareRequest, ShareByEmail
from stack.client.people import meet
from stack.client.practice import plain_terms
from stack.client.sharing import shares_of
from stack.client.stand_in import stand_in
from stack.client.whole import Whole

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.fault,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("stack_is_sound"),
]

NO_LINES = plain_terms(1).model_copy(update={"lines": []})


@pytest.mark.proves("S6", "X1")
@pytest.mark.parametrize(
    ("service", "line"),
    [
        ("sharing", "intake.before_commit"),
        ("sharing", "pending.before_commit"),
        ("sharing", "pending.after_commit"),
        ("invoices", "relay.after_publish"),
    ],
)
async def test_a_draft_is_finalised_shared_and_answered_once_whoever_is_killed_on_the_way(
    whole: Whole,
    service: str,
    line: str,
) -> None:
    matter_id = await whole.office.matter("G-1", "Saga")
    ada = await meet(whole.office, "Ada", matter_id)
    draft_id, empty_id = await whole.office.draft(matter_id), await whole.office.draft(matter_id, NO_LINES)
    await whole.at_rest()
    wanted = EmailShareRequest(contact_ids=[ada.contact_id], finalise_drafts=True)
    async with stand_in(service, whole.addresses, HANDBILL_FAILPOINT=f"{line}:kill") as doomed:
        asked = [
            await whole.watch.command(
                ShareByEmail(invoice_id=each, wanted=wanted), firm_id=whole.office.firm_id, actor=whole.office.actor
            )
            for each in (draft_id, empty_id)
        ]
        assert await asyncio.wait_for(doomed.wait(), 60) == -signal.SIGKILL

    (done,), (rejected,) = [await whole.watch.answers(correlation_id, timeout_seconds=90) for correlation_id in asked]

    assert done.data["result"] == {"shared": [str(ada.contact_id)], "sent_again": []}
    assert rejected.data["slug"] == "no_lines"
    await whole.post.arrived(ada, 1, timeout_seconds=60)
    await whole.at_rest()
    assert [len(await whole.watch.answers(correlation_id)) for correlation_id in asked] == [1, 1]
    assert len(await whole.post.mails(ada)) == 1
    finalised = whole.watch.of_firm(whole.office.firm_id, "invoices.invoice-finalised")
    assert len([fact for fact in finalised if fact.key == str(draft_id)]) == 1
    assert [(share["state"], share["generation"]) for share in await shares_of(whole.office, draft_id)] == [
        ("active", 1)
    ]
    assert await shares_of(whole.office, empty_id) == []
