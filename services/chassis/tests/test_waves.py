import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.intake.waves import cut_waves

Written = tuple[str, str, int]
"""Key, kind, and the position it had: enough to see what became of a message."""


def cut(written: str, folding: str = "") -> list[str]:
    """Cut messages written as `k1:changed`, and write the waves alike."""
    messages = [tuple(message.split(":")) for message in written.split()]
    waves = cut_waves(messages, key_of=lambda it: it[0], kind_of=lambda it: it[1], folds=lambda kind: kind == folding)
    return [" ".join(f"{kind}({','.join(it[0] for it in group)})" for kind, group in wave.items()) for wave in waves]


@pytest.mark.parametrize(
    ("written", "folding", "waves"),
    [
        pytest.param("", "", [], id="nothing"),
        pytest.param("k1:a k2:a k3:a", "", ["a(k1,k2,k3)"], id="one kind, many keys"),
        pytest.param("k1:a k1:a", "", ["a(k1)", "a(k1)"], id="one key twice"),
        pytest.param("k1:a k1:b k2:b", "", ["a(k1) b(k2)", "b(k1)"], id="kinds of a key in order"),
        pytest.param("k1:a k2:b k1:a k2:a k1:b", "", ["a(k1) b(k2)", "a(k1,k2)", "b(k1)"], id="mixed"),
        pytest.param("k1:f k1:f k2:f", "f", ["f(k1,k1,k2)"], id="a run that folds"),
        pytest.param("k1:f k1:a k1:f", "f", ["f(k1)", "a(k1)", "f(k1)"], id="another kind ends the run"),
        pytest.param("k1:a k1:f k1:f k1:a", "f", ["a(k1)", "f(k1,k1)", "a(k1)"], id="a run between others"),
    ],
)
def test_a_batch_is_cut_where_a_key_comes_again(written: str, folding: str, waves: list[str]) -> None:
    assert cut(written, folding) == waves


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=60),
    st.frozensets(st.sampled_from("xyz")),
)
def test_waves_lose_nothing_and_keep_the_order_of_each_key(
    drawn: list[tuple[str, str]], folding: frozenset[str]
) -> None:
    messages: list[Written] = [(key, kind, position) for position, (key, kind) in enumerate(drawn)]
    waves = cut_waves(messages, key_of=lambda it: it[0], kind_of=lambda it: it[1], folds=folding.__contains__)
    applied = [message for wave in waves for group in wave.values() for message in group]
    assert sorted(applied, key=_position) == messages
    for key in "abcd":
        assert _of(key, applied) == _of(key, messages)
    assert all(kind == message[1] for wave in waves for kind, group in wave.items() for message in group)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=60),
    st.frozensets(st.sampled_from("xyz")),
)
def test_a_key_is_in_a_wave_once_or_as_one_run_of_a_kind_that_folds(
    drawn: list[tuple[str, str]], folding: frozenset[str]
) -> None:
    messages: list[Written] = [(key, kind, position) for position, (key, kind) in enumerate(drawn)]
    waves = cut_waves(messages, key_of=lambda it: it[0], kind_of=lambda it: it[1], folds=folding.__contains__)
    for wave in waves:
        for key in "abcd":
            here = _of(key, [message for group in wave.values() for message in group])
            assert len(here) <= 1 or {kind for _, kind, _ in here} <= folding
            assert len({kind for _, kind, _ in here}) <= 1


def _position(message: Written) -> int:
    return message[2]


def _of(key: str, messages: list[Written]) -> list[Written]:
    return [message for message in messages if message[0] == key]
