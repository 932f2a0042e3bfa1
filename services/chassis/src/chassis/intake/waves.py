"""Cutting a batch so that messages of one type are handled together and messages of one key stay in order. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def cut_waves(
    messages: Iterable[T], *, key_of: Callable[[T], str], kind_of: Callable[[T], str], folds: Callable[[str], bool]
) -> list[dict[str, list[T]]]:
    """Waves to be applied one after the other; in a wave, lists by kind.

    A key is in a wave once; or, for a kind that folds, as one run of that kind, in order.
    """
    waves: defaultdict[int, defaultdict[str, list[T]]] = defaultdict(lambda: defaultdict(list))
    last_of_key: dict[str, tuple[int, str]] = {}
    for message in messages:
        key, kind = key_of(message), kind_of(message)
        wave = 0
        if key in last_of_key:
            last_wave, last_kind = last_of_key[key]
            wave = last_wave if last_kind == kind and folds(kind) else last_wave + 1
        last_of_key[key] = (wave, kind)
        waves[wave][kind].append(message)
    return [dict(waves[wave]) for wave in range(len(waves))]
