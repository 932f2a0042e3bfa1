"""How much a benchmark does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`commands`: how many things are asked for in each round; what that counts is told by each benchmark."""

    rounds: int
    commands: int
