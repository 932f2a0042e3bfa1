import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stack.processor.book import Book, KeyReused
from stack.processor.entry import ChargeOrder, RefundOrder
from stack.processor.journal import Journal, JournalTaken
from stack.processor.tokens import TOKENS

_ORDERS = st.builds(
    ChargeOrder,
    amount_minor=st.integers(1, 10**6),
    currency=st.sampled_from(["EUR", "USD"]),
    method_token=st.sampled_from([*TOKENS, "tok_limit_500", "tok_nobody"]),
    reference=st.text(string.ascii_letters + "äß€ ", min_size=1, max_size=80),
)


def _order(amount_minor: int = 10_000, method_token: str = "tok_ok") -> ChargeOrder:
    return ChargeOrder(amount_minor=amount_minor, currency="EUR", method_token=method_token, reference="IBE 2026-1")


@pytest.mark.proves("P11")
@settings(max_examples=60, deadline=None)
@given(orders=st.lists(_ORDERS, max_size=6), data=st.data())
def test_a_journal_cut_anywhere_holds_exactly_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, orders: list[ChargeOrder], data: st.DataObject
):
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path)
    book = Book(journal)
    written = [book.act(f"key:{number}", order) for number, order in enumerate(orders)]
    journal.close()
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    survivors = content[:cut].count(b"\n")

    journal = Journal(path)
    again = Book(journal)
    assert again.entries == written[:survivors]
    for number, order in enumerate(orders):
        again.act(f"key:{number}", order)
    journal.close()
    journal = Journal(path)
    assert journal.entries == again.entries
    assert journal.entries[:survivors] == written[:survivors]
    journal.close()


def test_a_line_in_the_middle_that_is_no_entry_is_not_mended(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    Book(journal).act("key:1", _order())
    journal.close()
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"at": "yesterday"}\n')
    with pytest.raises(ValidationError):
        Journal(tmp_path / "journal.jsonl")


def test_a_journal_has_one_writer_and_its_owner_alone_reads_it(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o077 == 0
    with pytest.raises(JournalTaken):
        Journal(tmp_path / "journal.jsonl")
    journal.close()
    Journal(tmp_path / "journal.jsonl").close()


@pytest.mark.proves("P5")
@settings(max_examples=60, deadline=None)
@given(amounts_minor=st.lists(st.integers(1, 15_000), min_size=1, max_size=8))
def test_refunds_of_a_charge_never_exceed_it(tmp_path_factory: pytest.TempPathFactory, amounts_minor: list[int]):
    journal = Journal(tmp_path_factory.mktemp("journal") / "journal.jsonl")
    book = Book(journal)
    charge = book.act("charge", _order(10_000))
    left_minor = 10_000
    for number, amount_minor in enumerate(amounts_minor):
        order = RefundOrder(charge_ref=charge.ref, amount_minor=amount_minor, currency="EUR")
        refund = book.act(f"refund:{number}", order)
        assert (refund.status, refund.reason) == (
            ("succeeded", None) if amount_minor <= left_minor else ("declined", "amount_exceeds_charge")
        )
        left_minor -= amount_minor if refund.status == "succeeded" else 0
    journal.close()


def test_a_refund_needs_a_charge_that_succeeded_in_its_currency(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    book = Book(journal)
    declined = book.act("charge:1", _order(method_token="tok_declined"))
    charge = book.act("charge:2", _order())
    reasons = [
        book.act(key, RefundOrder(charge_ref=ref, amount_minor=1, currency=currency)).reason
        for key, ref, currency in [("1", declined.ref, "EUR"), ("2", "ch_none", "EUR"), ("3", charge.ref, "USD")]
    ]
    assert reasons == ["unknown_charge", "unknown_charge", "currency_differs"]
    journal.close()


def test_a_key_stays_with_its_order_also_where_that_was_lost(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    book = Book(journal)
    assert book.act("key:1", _order(method_token="tok_timeout_before_charge")).status == "lost"
    with pytest.raises(KeyReused):
        book.act("key:1", _order(9_999, method_token="tok_timeout_before_charge"))
    assert book.find("charge", "key:1") is None
    assert book.act("key:1", _order(method_token="tok_timeout_before_charge")).status == "succeeded"
    journal.close()
