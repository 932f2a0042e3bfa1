"""All message classes of all owners, for tools that walk over the contract: exports, checks, operators."""

import inspect
from types import ModuleType

from contracts import invoices, notify, payments, sharing
from contracts.answers import ANSWERS_OF
from contracts.message import Message


def _of(module: ModuleType) -> list[type[Message]]:
    found = [value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, Message)]
    return [value for value in found if value.__module__.startswith(module.__name__) and hasattr(value, "wire")]


MESSAGES: dict[str, type[Message]] = {
    message.wire.type: message
    for message in (
        *_of(invoices),
        *_of(sharing),
        *_of(notify),
        *_of(payments),
        *(a for answers in ANSWERS_OF.values() for a in (answers.done, answers.rejected, answers.discarded)),
    )
}
