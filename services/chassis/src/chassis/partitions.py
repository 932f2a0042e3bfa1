"""Which partition a key belongs to: the one that every Kafka client chooses, so that all writers of a topic agree.

It is Kafka's murmur2, read four bytes at a time: the one in our client library goes byte by byte and costs the relay
more than anything else it does.
"""

import struct

_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995
_32_BITS = 0xFFFFFFFF
_31_BITS = 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """Choose the partition of a key among so many."""
    return (_murmur2(key) & _31_BITS) % partitions


def _murmur2(data: bytes) -> int:
    length = len(data)
    whole = length & ~3
    mixed = _SEED ^ length
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        scattered = word * _FACTOR & _32_BITS
        scattered ^= scattered >> 24
        mixed = (mixed * _FACTOR & _32_BITS) ^ (scattered * _FACTOR & _32_BITS)
    if whole < length:
        mixed = (mixed ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _32_BITS
    mixed ^= mixed >> 13
    mixed = mixed * _FACTOR & _32_BITS
    return mixed ^ mixed >> 15
