from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from chassis.partitions import partition_of


@given(key=st.binary(max_size=80), count=st.integers(min_value=1, max_value=50))
def test_a_key_goes_where_any_kafka_client_would_send_it(key: bytes, count: int):
    partitions = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, partitions, partitions)


def test_the_ids_that_are_our_keys_are_spread_over_all_partitions():
    assert {partition_of(str(new_id()).encode(), 12) for _ in range(500)} == set(range(12))
