"""Chunks and what carries them: what was packed comes out, and nothing else is believed."""

import contextlib

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.runtime.uplink.chunk import LARGEST_BODY, Parcel, Receipt, decode, pack, unpack
from s4.runtime.uplink.ranks import Rank

records = st.lists(st.tuples(st.sampled_from(["detection", "readings"]), st.binary(max_size=2000)), max_size=20)


@given(records=records)
def test_what_was_packed_comes_out(records: list[tuple[str, bytes]]) -> None:
    draft = pack(Rank.FACT, records, len(records))
    assert unpack(draft.body, draft.size) == records
    assert len(draft.body) < LARGEST_BODY


@given(body=st.binary(max_size=300), size=st.integers(-5, 5 << 20))
def test_any_bytes_are_refused_with_one_reason(body: bytes, size: int) -> None:
    with pytest.raises(InputError):
        unpack(body, size)


@given(data=st.binary(max_size=200))
def test_any_message_is_refused_or_read(data: bytes) -> None:
    for kind in (Parcel, Receipt):
        with contextlib.suppress(InputError):
            assert isinstance(decode(data, kind), kind)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = pa.Codec("zstd").compress(msgspec.msgpack.encode([("readings", b"\0" * (64 << 20))]), asbytes=True)
    assert len(bomb) < 10_000
    with pytest.raises(InputError, match="is not accepted"):
        unpack(bomb, 64 << 20)
    with pytest.raises(InputError, match="is not a chunk"):
        unpack(bomb, 1 << 20)
