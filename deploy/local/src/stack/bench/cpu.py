"""CPU time as the kernel has counted it: what something really used, whatever else the machine was doing."""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Of what follows the command's name in /proc/<pid>/stat: utime, stime, cutime, cstime.
_TIMES = slice(11, 15)
# Of the first line of /proc/stat: idle and iowait.
_IDLE = slice(3, 5)


@dataclass(frozen=True, slots=True)
class CpuSeconds:
    """CPU time of a service, of PostgreSQL and of Kafka since each began; `busy` is the whole machine's."""

    service: float
    postgres: float
    kafka: float
    busy: float

    @property
    def total(self) -> float:
        """All that is ours; `busy` has it in it."""
        return self.service + self.postgres + self.kafka

    def __sub__(self, earlier: "CpuSeconds") -> "CpuSeconds":
        return CpuSeconds(
            self.service - earlier.service,
            self.postgres - earlier.postgres,
            self.kafka - earlier.kafka,
            self.busy - earlier.busy,
        )


def read_cpu(service_pid: int, postgres_pid: int, kafka_pid: int) -> CpuSeconds:
    """Read all clocks now. None of the processes may descend from another, or its time would count twice."""
    return CpuSeconds(tree_seconds(service_pid), tree_seconds(postgres_pid), tree_seconds(kafka_pid), machine_seconds())


def tree_seconds(pid: int) -> float:
    """CPU seconds of a process, of its children that have ended, and of its living descendants.

    A child that ends between two readings goes on counting: its parent has inherited its time.
    """
    try:
        own = stat_ticks((_PROC / str(pid) / "stat").read_text())
        children = [
            int(child)
            for task in (_PROC / str(pid) / "task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return own / _TICKS_PER_SECOND + sum(tree_seconds(child) for child in children)


def machine_seconds() -> float:
    """CPU seconds that all processors of the machine have been busy."""
    line, _, _ = (_PROC / "stat").read_text().partition("\n")
    return busy_ticks(line) / _TICKS_PER_SECOND


def stat_ticks(stat: str) -> int:
    """Take the ticks of a process and its ended children from its `stat`, whose name may hold anything."""
    _, _, fields = stat.rpartition(")")
    return sum(map(int, fields.split()[_TIMES]))


def busy_ticks(line: str) -> int:
    """Take the ticks in which a processor worked from the first line of `/proc/stat`; guests are in user time."""
    ticks = [int(number) for number in line.split()[1:9]]
    return sum(ticks) - sum(ticks[_IDLE])
