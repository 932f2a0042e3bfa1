import socket

import pytest

from stack.ports import choose_ports


@pytest.fixture
def busy_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_preferred_port_that_is_free_is_taken(busy_port: int):
    with socket.create_server(("127.0.0.1", 0)) as server:
        freed = server.getsockname()[1]
    assert choose_ports({"web": freed}, taken=()) == {"web": freed}


def test_a_port_that_somebody_listens_on_is_left_to_them(busy_port: int):
    chosen = choose_ports({"web": busy_port, "mail": None}, taken=())
    assert chosen["web"] != busy_port
    assert chosen["web"] != chosen["mail"]


def test_a_port_promised_to_another_stack_is_left_to_it(busy_port: int):
    with socket.create_server(("127.0.0.1", 0)) as server:
        promised = server.getsockname()[1]
    assert choose_ports({"web": promised}, taken={promised})["web"] != promised


def test_two_parts_that_prefer_one_port_get_two():
    chosen = choose_ports({"web": 28_123, "mail": 28_123}, taken=())
    assert len(set(chosen.values())) == 2
