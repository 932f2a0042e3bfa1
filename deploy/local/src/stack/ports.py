"""Free ports on loopback: the preferred ones where nobody listens there, others else."""

import contextlib
import random
import socket
from collections.abc import Collection, Mapping

from stack.addresses import HOST

# Below the range that the kernel gives to outgoing connections, so that none of those takes a
# chosen port before its owner listens.
_OTHER_PORTS = range(20_000, 32_000)
_TRIES_MAX = 500


class NoFreePort(Exception):
    """Nothing was free among many ports; something is wrong with this machine."""


def choose_ports(preferred: Mapping[str, int | None], taken: Collection[int]) -> dict[str, int]:
    """Give each part a port nobody listens on, its preferred one when that is free.

    `taken` names ports promised to other stacks that may not listen yet.

    Raises: NoFreePort.
    """
    chosen: dict[str, int] = {}
    for part, port in preferred.items():
        refused = {*taken, *chosen.values()}
        if port is not None and port not in refused and is_free(port):
            chosen[part] = port
        else:
            chosen[part] = _other_port(refused)
    return chosen


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do: a port whose last connections still linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _other_port(refused: Collection[int]) -> int:
    for port in random.sample(_OTHER_PORTS, _TRIES_MAX):
        if port not in refused and is_free(port):
            return port
    raise NoFreePort
