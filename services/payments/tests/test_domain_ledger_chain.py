"""A chain's digests take in all that its transactions say and their order, and every damage to it is found."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.ledger import Account, Entry, JournalTransaction
from payments.domain.ledger_chain import START, Break, Chain, Fault, Link, Place, extend, find_break

INVOICE_ID = UUID(int=2)
CASH, RECEIVABLE = Entry(Account.CASH, "USD", 500), Entry(Account.RECEIVABLE, "USD", -500)
TRANSACTION = JournalTransaction(
    firm_id=UUID(int=1),
    journal_id=UUID(int=3),
    kind="charge",
    source_id=UUID(int=4),
    sequence=1,
    invoice_id=INVOICE_ID,
    currency="USD",
    recorded_at=datetime(2026, 11, 22, 12, 0, 0, 1, tzinfo=UTC),
    entries=(CASH, RECEIVABLE),
)
ALTERED: dict[str, Any] = {
    "firm_id": UUID(int=9),
    "journal_id": UUID(int=9),
    "kind": "refund",
    "source_id": UUID(int=9),
    "sequence": 2,
    "invoice_id": UUID(int=9),
    "currency": "EUR",
    "recorded_at": TRANSACTION.recorded_at + timedelta(microseconds=1),
    "entries": (CASH, replace(RECEIVABLE, amount_minor=-501)),
}
ALTERED_ENTRIES: dict[str, Sequence[Entry]] = {
    "amount": (replace(CASH, amount_minor=501), RECEIVABLE),
    "account": (replace(CASH, account=Account.CLIENT_CREDIT), RECEIVABLE),
    "currency": (replace(CASH, currency="EUR"), replace(RECEIVABLE, currency="EUR")),
    "amounts exchanged": (replace(CASH, amount_minor=-500), replace(RECEIVABLE, amount_minor=500)),
    "one removed": (CASH,),
    "one added": (CASH, RECEIVABLE, Entry(Account.BILLED, "USD", 1)),
    "all removed": (),
}
WORDS = st.text(alphabet=st.sampled_from('ab",[] \\\n1é\x1f'), max_size=4)
LINES = st.lists(st.builds(Entry, WORDS, WORDS, st.integers(-11, 11)), max_size=3, unique_by=lambda each: each.account)
SAID = st.builds(
    replace,
    st.just(TRANSACTION),
    kind=WORDS,
    sequence=st.integers(-11, 11),
    currency=WORDS,
    entries=LINES.map(tuple),
)


def chain_of(*amounts: int) -> Chain:
    """An unbroken chain with one transaction of each amount."""
    links: list[Link] = []
    head = START
    for place, amount in enumerate(amounts, start=1):
        entries = (replace(CASH, amount_minor=amount), replace(RECEIVABLE, amount_minor=-amount))
        said = replace(TRANSACTION, journal_id=UUID(int=100 + place), sequence=place, entries=entries)
        head = extend(head, said)
        links.append(Link(said, head))
    return Chain(INVOICE_ID, links, (), head)


def with_links(chain: Chain, change: Callable[[list[Link]], list[Link]]) -> Chain:
    return replace(chain, links=change(list(chain.links)))


def altered_at(position: int, **changes: Any) -> Callable[[list[Link]], list[Link]]:
    def change(links: list[Link]) -> list[Link]:
        link = links[position - 1]
        links[position - 1] = replace(link, transaction=replace(link.transaction, **changes))
        return links

    return change


def swapped(links: list[Link]) -> list[Link]:
    """The second and the third say what the other said, each at its old place."""
    first, second, third = links
    return [first, replace(second, transaction=third.transaction), replace(third, transaction=second.transaction)]


def rehashed(links: list[Link]) -> list[Link]:
    """The second is altered, and its digest computed anew by somebody who left the later ones as they were."""
    said = replace(links[1].transaction, sequence=77)
    links[1] = Link(said, extend(links[0].place, said))
    return links


@pytest.mark.proves("P10")
@pytest.mark.parametrize("name", list(ALTERED))
def test_every_field_of_a_transaction_is_in_its_digest(name: str) -> None:
    assert set(ALTERED) == set(JournalTransaction.__dataclass_fields__)
    assert extend(START, replace(TRANSACTION, **{name: ALTERED[name]})) != extend(START, TRANSACTION)


@pytest.mark.proves("P10")
@pytest.mark.parametrize("entries", ALTERED_ENTRIES.values(), ids=ALTERED_ENTRIES.keys())
def test_every_entry_of_a_transaction_is_in_its_digest(entries: Sequence[Entry]) -> None:
    assert extend(START, replace(TRANSACTION, entries=entries)) != extend(START, TRANSACTION)


@pytest.mark.parametrize("head", [Place(1, START.sha256), Place(0, bytes(31) + b"\1")], ids=["position", "digest"])
def test_what_went_before_is_in_the_digest(head: Place) -> None:
    assert extend(head, TRANSACTION).sha256 != extend(START, TRANSACTION).sha256


def test_the_order_in_which_entries_are_read_is_not_in_the_digest() -> None:
    assert extend(START, replace(TRANSACTION, entries=(RECEIVABLE, CASH))) == extend(START, TRANSACTION)


def test_a_digest_can_be_computed_by_whoever_knows_how_it_is_written() -> None:
    """What is in the books was written like this: another way would call all of them altered."""
    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3)]
    words = (
        f'[1, "{ids[0]}", "{ids[1]}", "{ids[2]}", "charge", "00000000-0000-0000-0000-000000000004", 1, "USD", '
        '1795348800000001, [["cash", "USD", 500], ["receivable", "USD", -500]]]'
    )
    assert extend(START, TRANSACTION) == Place(1, sha256(bytes(32) + words.encode()).digest())


@given(first=SAID, second=SAID)
def test_two_transactions_that_say_different_things_have_different_digests(
    first: JournalTransaction, second: JournalTransaction
) -> None:
    def said(one: JournalTransaction) -> Any:
        return one.kind, one.sequence, one.currency, frozenset(one.entries)

    assert (extend(START, first) == extend(START, second)) == (said(first) == said(second))


@pytest.mark.proves("P10")
@pytest.mark.parametrize("amounts", [(), (500,), (500, -200, 300)], ids=["nothing", "one", "three"])
def test_what_was_written_and_left_alone_holds(amounts: tuple[int, ...]) -> None:
    assert find_break(chain_of(*amounts)) is None


@pytest.mark.proves("P10")
@pytest.mark.parametrize(
    ("damaged", "position", "fault"),
    [
        (with_links(chain_of(1, 2, 3), altered_at(1, sequence=77)), 1, Fault.ALTERED),
        (with_links(chain_of(1, 2, 3), altered_at(3, entries=())), 3, Fault.ALTERED),
        (with_links(chain_of(1, 2, 3), swapped), 2, Fault.ALTERED),
        (with_links(chain_of(1, 2, 3), rehashed), 3, Fault.ALTERED),
        (with_links(chain_of(1, 2), rehashed), 2, Fault.HEAD_DISAGREES),
        (with_links(chain_of(1, 2, 3), lambda links: links[1:]), 1, Fault.MISSING),
        (with_links(chain_of(1, 2, 3), lambda links: [links[0], links[2]]), 2, Fault.MISSING),
        (with_links(chain_of(1, 2, 3), lambda links: links[:2]), 3, Fault.MISSING),
        (with_links(chain_of(1, 2, 3), lambda links: []), 1, Fault.MISSING),
        (replace(chain_of(1, 2, 3), head=chain_of(1, 2).head), 3, Fault.HEAD_DISAGREES),
        (replace(chain_of(1, 2, 3), head=START), 1, Fault.HEAD_DISAGREES),
        (replace(chain_of(1, 2), head=chain_of(1, 3).head), 2, Fault.HEAD_DISAGREES),
        (replace(chain_of(1, 2), unchained_ids=[UUID(int=7)]), 3, Fault.UNCHAINED),
        (replace(chain_of(), unchained_ids=[UUID(int=7)]), 1, Fault.UNCHAINED),
    ],
    ids=[
        "the first altered",
        "the last without entries",
        "two exchanged",
        "altered and its own digest with it",
        "the last altered and its own digest with it",
        "the first removed",
        "one in the middle removed",
        "the last cut off",
        "all removed",
        "the head put back",
        "no head",
        "another head",
        "one outside",
        "one outside, and nothing else",
    ],
)
def test_the_first_position_that_does_not_hold_is_found(damaged: Chain, position: int, fault: Fault) -> None:
    found = find_break(damaged)
    assert found is not None
    assert (found.position, found.fault) == (position, fault)


def test_a_break_names_the_transaction_that_stands_there() -> None:
    chain = chain_of(1, 2, 3)
    found = find_break(with_links(chain, altered_at(2, kind="refund")))
    assert found == Break(INVOICE_ID, 2, Fault.ALTERED, chain.links[1].transaction.journal_id)
