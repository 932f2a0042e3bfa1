"""Who was told of what: one delivery for each that is to be told, and the mails that went out for it."""

from collections import Counter
from typing import Any, LiteralString
from uuid import UUID

from contracts.payments import ChargeRefunded, PaymentConcluded
from contracts.sharing import InvoiceShared
from stack.check.evidence import Evidence, Row
from stack.check.invariant import Invariant, in_database

_TOLD_BY_MAIL = {"portal": "invoice_shared", "email": "invoice_emailed"}
"""Channels whose contacts are sent a mail, and its template. A link is copied by hand; texts are not sent yet."""

_COVERED: LiteralString = """
select delivery.firm_id, template, occasion, delivery.contact_id, share_id, generation
from deliveries as delivery
join delivery_items as item using (firm_id, delivery_id)
where template in ('invoice_shared', 'invoice_emailed')
"""
_PAYMENT_MAILS: LiteralString = """
select firm_id, template, occasion, contact_id from deliveries
where template in ('payment_concluded', 'charge_refunded')
"""
_NOTICES_APART: LiteralString = """
select told.firm_id, told.share_id, told.generation, told.event_id, 'told, but by no notice' as fault
from told_changes as told
join invoice_changes as change using (firm_id, event_id)
where not exists (
    select from deliveries as delivery
    join delivery_items as item using (firm_id, delivery_id)
    where delivery.firm_id = told.firm_id and delivery.template = 'invoice_changed'
      and delivery.subject_id = change.invoice_id and delivery.version >= change.version
      and item.share_id = told.share_id and item.generation = told.generation
)
union all
select item.firm_id, item.share_id, item.generation, delivery.occasion, 'a notice of nothing'
from deliveries as delivery
join delivery_items as item using (firm_id, delivery_id)
where delivery.template = 'invoice_changed' and delivery.state <> 'withdrawn' and not exists (
    select from told_changes as told
    where told.firm_id = item.firm_id and told.share_id = item.share_id and told.generation = item.generation
)
"""
# How often a message may have left: an attempt that was cut off, or got no answer, may have been taken all the same.
_SENDINGS: LiteralString = """
select delivery.firm_id, delivery.delivery_id, delivery.state, content.message_id,
    count(attempt) filter (where attempt.outcome = 'accepted') as accepted,
    count(attempt) filter (where attempt.outcome in ('unknown', 'interrupted') or attempt.outcome is null) as perhaps
from deliveries as delivery
join contents as content using (firm_id, delivery_id)
left join attempts as attempt using (firm_id, delivery_id)
group by delivery.firm_id, delivery.delivery_id, delivery.state, content.message_id
"""
_ACCEPTED_WITHOUT_ATTEMPT: LiteralString = """
select delivery.firm_id, delivery.delivery_id, delivery.state, count(attempt) as accepted
from deliveries as delivery
left join attempts as attempt
    on attempt.firm_id = delivery.firm_id and attempt.delivery_id = delivery.delivery_id
    and attempt.outcome = 'accepted'
group by delivery.firm_id, delivery.delivery_id, delivery.state
having count(attempt) <> case delivery.state when 'accepted' then 1 else 0 end
"""
# What the accepted attempt told of; contents from before know no shares and tell of all.
_HANDED_OVER: LiteralString = """
select attempt.firm_id, attempt.delivery_id, item.share_id, item.generation, attempt.started_at, attempt.ended_at
from attempts as attempt
join contents as content using (firm_id, delivery_id)
join delivery_items as item using (firm_id, delivery_id)
where attempt.outcome = 'accepted' and (content.share_ids is null or item.share_id = any(content.share_ids))
"""
_PASSED: LiteralString = "select firm_id, share_id, generation, passed_at from gate_passages where purpose = 'delivery'"


async def find_acts_not_told_once(evidence: Evidence) -> list[Row]:
    """Find shares of an act that not exactly one delivery covers, and coverings of acts that nobody made."""
    covered = Counter(tuple(row.values()) for row in await evidence.rows("notify", _COVERED))
    acts = {
        (act.envelope.firm, _TOLD_BY_MAIL[act.data["channel"]], act.envelope.id, UUID(share["contact_id"]),
         UUID(share["share_id"]), share["generation"])
        for act in evidence.facts(InvoiceShared)
        if act.data["channel"] in _TOLD_BY_MAIL
        for share in act.data["shares"]
    }  # fmt: skip
    names = ("firm_id", "template", "act", "contact_id", "share_id", "generation")
    return [
        {**dict(zip(names, key, strict=True)), "deliveries": covered[key], "expected": int(key in acts)}
        for key in acts | covered.keys()
        if covered[key] != (key in acts)
    ]


async def find_payments_not_told_once(evidence: Evidence) -> list[Row]:
    """Find concluded payments and refunds of which the payer was not told exactly once."""
    planned = Counter(tuple(row.values()) for row in await evidence.rows("notify", _PAYMENT_MAILS))
    facts: set[tuple[Any, ...]] = {
        (fact.envelope.firm, template, fact.envelope.id, UUID(fact.data["contact_id"]))
        for model, template in ((PaymentConcluded, "payment_concluded"), (ChargeRefunded, "charge_refunded"))
        for fact in evidence.facts(model)
    }
    names = ("firm_id", "template", "fact", "contact_id")
    return [
        {**dict(zip(names, key, strict=True)), "deliveries": planned[key], "expected": int(key in facts)}
        for key in facts | planned.keys()
        if planned[key] != (key in facts)
    ]


async def find_deliveries_and_mails_apart(evidence: Evidence) -> list[Row]:
    """Find accepted deliveries without a mail, mails that no attempt explains, and mails of no delivery."""
    offenders: list[Row] = []
    ours: set[str] = set()
    for row in await evidence.rows("notify", _SENDINGS):
        ours.add(row["message_id"])
        mails = evidence.mails.get(row["message_id"], 0)
        if not row["accepted"] <= mails <= row["accepted"] + row["perhaps"]:
            offenders.append({**row, "mails": mails})
    strangers = evidence.mails.keys() - ours
    return [*offenders, *({"message_id": one, "fault": "a mail of no delivery"} for one in sorted(strangers))]


async def find_mails_past_the_gate(evidence: Evidence) -> list[Row]:
    """Find mails handed over without the gate having let each share they tell of pass, during that very attempt."""
    passed: dict[tuple[Any, ...], list[Any]] = {}
    for row in await evidence.rows("sharing", _PASSED):
        passed.setdefault((row["firm_id"], row["share_id"], row["generation"]), []).append(row["passed_at"])
    return [
        row
        for row in await evidence.rows("notify", _HANDED_OVER)
        if not any(
            row["started_at"] <= at <= row["ended_at"]
            for at in passed.get((row["firm_id"], row["share_id"], row["generation"]), ())
        )
    ]


DELIVERY = (
    Invariant(
        "I5", "each contact of an act of sharing is told by exactly one delivery", find_acts_not_told_once,
        reads_topics=True,
    ),
    in_database("I5", "every edit that counts as told is in a notice, every notice tells an edit", "notify",
                _NOTICES_APART),
    Invariant(
        "I5", "each concluded payment and each refund is told by exactly one delivery", find_payments_not_told_once,
        reads_topics=True,
    ),
    in_database("I6", "a delivery is accepted by exactly one attempt, any other by none", "notify",
                _ACCEPTED_WITHOUT_ATTEMPT),
    Invariant("I6", "what was accepted is in the mail sink, and no more than attempts explain",
              find_deliveries_and_mails_apart),
    Invariant("I17", "no mail was handed over unless the gate let its shares pass", find_mails_past_the_gate),
)  # fmt: skip
