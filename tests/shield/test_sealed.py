"""An original is sealed as it is written; two people of different offices open it, and nobody else does."""

import stat
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S, ManualClock
from s4.core.errors import AccessError, CapacityError, ConflictError, InputError, ServiceError
from s4.shield.openings import MOST, WAIT_S, Openings
from s4.shield.person_key import make_key, public_raw, public_text, read_key
from s4.shield.roles import Role
from s4.shield.sealed import (
    MAGIC,
    MOST_HOLDERS,
    OFFICES,
    About,
    Header,
    Office,
    Sealer,
    fits,
    read_header,
    unseal,
    unwrap,
)
from s4.shield.sessions import Person

ABOUT = About("ev-1.mp4", "cam-1", 5, 10**18)
RECORDS = [b"first" * 100, b"", b"third" * 3000]
PHRASE = "a long enough phrase"


class People(NamedTuple):
    dora: X25519PrivateKey  # data protection
    deputy: X25519PrivateKey
    sam: X25519PrivateKey  # supervisor

    @property
    def holders(self) -> dict[Office, list[str]]:
        return {"dpo": [public(self.dora), public(self.deputy)], "supervisor": [public(self.sam)]}


def public(key: X25519PrivateKey) -> str:
    return public_text(key.public_key().public_bytes_raw())


@pytest.fixture(scope="module")
def people() -> People:
    return People(*(X25519PrivateKey.generate() for _ in range(3)))


@pytest.fixture
def path(tmp_path: Path, people: People) -> Path:
    with Sealer(tmp_path / "one.original", ABOUT, people.holders) as sealer:
        for record in RECORDS:
            sealer.add(record)
    return tmp_path / "one.original"


def shares(path: Path, people: People) -> dict[Office, bytes]:
    header = read_header(path)
    return {"dpo": unwrap(header, "dpo", people.dora), "supervisor": unwrap(header, "supervisor", people.sam)}


def test_two_people_read_what_was_written(path: Path, people: People) -> None:
    assert list(unseal(path, shares(path, people))) == RECORDS
    assert read_header(path).about == ABOUT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_deputy_does_as_well(path: Path, people: People) -> None:
    both = shares(path, people)
    assert unwrap(read_header(path), "dpo", people.deputy) == both["dpo"]


def test_nothing_of_it_lies_plain_on_the_disk_also_while_it_is_written(tmp_path: Path, people: People) -> None:
    secret = bytes(range(97, 123)) * 50
    sealer = Sealer(tmp_path / "x", ABOUT, people.holders)
    sealer.add(secret)
    seen = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert len(seen) > len(secret)
    assert secret[:8] not in seen
    sealer.close()
    sealer.close()


def test_who_takes_the_disk_has_no_key_that_fits(path: Path, people: People) -> None:
    header = read_header(path)
    for office in OFFICES:
        with pytest.raises(AccessError, match=f"none of those of the {office}"):
            unwrap(header, office, X25519PrivateKey.generate())


def test_one_insider_opens_nothing(path: Path, people: People) -> None:
    header, both = read_header(path), shares(path, people)
    with pytest.raises(AccessError):
        unwrap(header, "dpo", people.sam)
    for guess in (bytes(32), both["supervisor"], b""):
        assert not fits(header, "dpo", guess)
        with pytest.raises(InputError, match="record 0"):
            list(unseal(path, {"supervisor": both["supervisor"], "dpo": guess}))


def test_a_share_of_one_original_opens_no_other(tmp_path: Path, path: Path, people: People) -> None:
    with Sealer(tmp_path / "two", ABOUT, people.holders) as sealer:
        sealer.add(b"second")
    mixed = {**shares(tmp_path / "two", people), "dpo": shares(path, people)["dpo"]}
    with pytest.raises(InputError, match="shares are wrong"):
        list(unseal(tmp_path / "two", mixed))


def test_a_changed_file_is_not_shown(path: Path, people: People) -> None:
    both, whole = shares(path, people), path.read_bytes()
    for place in range(0, len(whole), 61):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        shown: list[bytes] = []
        with pytest.raises(InputError):
            shown.extend(unseal(path, both))
        assert shown == RECORDS[: len(shown)]


def test_a_header_of_another_person_does_not_help(path: Path, people: People) -> None:
    """Somebody writes their own key into the header, or makes the original last for longer."""
    whole, both, header = path.read_bytes(), shares(path, people), read_header(path)
    longer = msgspec.structs.replace(header, about=msgspec.structs.replace(ABOUT, until=2**62))
    raw, old = msgspec.json.encode(longer), msgspec.json.encode(header)
    path.write_bytes(MAGIC + len(raw).to_bytes(4, "big") + raw + whole[len(MAGIC) + 4 + len(old) :])
    with pytest.raises(InputError, match="the share was changed"):
        unwrap(read_header(path), "dpo", people.dora)
    with pytest.raises(InputError, match="record 0"):
        list(unseal(path, both))


def records_of(path: Path) -> tuple[bytes, list[bytes]]:
    whole = path.read_bytes()
    at = len(MAGIC) + 4 + int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 4], "big")
    start, records = whole[:at], []
    while at < len(whole):
        size = 4 + int.from_bytes(whole[at : at + 4], "big")
        records.append(whole[at : at + size])
        at += size
    return start, records


def test_records_cannot_be_exchanged_repeated_or_left_out(path: Path, people: People) -> None:
    both, (start, records) = shares(path, people), records_of(path)
    assert len(records) == 4
    for one, two in combinations(range(4), 2):
        swapped = list(records)
        swapped[one], swapped[two] = records[two], records[one]
        path.write_bytes(start + b"".join(swapped))
        with pytest.raises(InputError):
            list(unseal(path, both))
    for wrong in (records[1:], records[:1] + records, records[:2] + records[3:], [*records, records[3]]):
        path.write_bytes(start + b"".join(wrong))
        with pytest.raises(InputError):
            list(unseal(path, both))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_wherever_it_is_cut_that_shows(
    tmp_path_factory: pytest.TempPathFactory, people: People, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "x"
    with Sealer(path, ABOUT, people.holders) as sealer:
        for record in RECORDS:
            sealer.add(record)
    both, whole = shares(path, people), path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    shown: list[bytes] = []
    with pytest.raises(InputError, match=r"cut|no sealed file"):
        shown.extend(unseal(path, both))
    assert shown == RECORDS[: len(shown)]


def test_what_was_not_closed_opens_up_to_its_end(tmp_path: Path, people: People) -> None:
    sealer = Sealer(tmp_path / "x", ABOUT, people.holders)
    sealer.add(b"one")
    shown = unseal(tmp_path / "x", shares(tmp_path / "x", people))
    assert next(shown) == b"one"
    with pytest.raises(InputError, match="cut short after 1 records"):
        next(shown)
    sealer.close()


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: MAGIC + tail))
def test_any_file_that_is_none_is_complained_about(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.original"
    path.write_bytes(data)
    with pytest.raises(InputError):
        list(unseal(path, {"dpo": bytes(32), "supervisor": bytes(32)}))


def test_where_it_cannot_be_written_it_says_so(tmp_path: Path, people: People) -> None:
    with pytest.raises(ServiceError, match="cannot be written"):
        Sealer(tmp_path / "none" / "x", ABOUT, people.holders)
    (tmp_path / "there").touch()
    with pytest.raises(ServiceError, match="cannot be written"):
        Sealer(tmp_path / "there", ABOUT, people.holders)


def test_a_key_file_is_worth_nothing_without_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "dora.key"
    told = make_key(path, PHRASE, n=1 << 14)
    key = read_key(path, PHRASE)
    assert public(key) == told
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.private_bytes_raw() not in path.read_bytes()
    with pytest.raises(AccessError, match="passphrase"):
        read_key(path, PHRASE + " ")
    with pytest.raises(InputError, match="cannot be written"):
        make_key(path, PHRASE, n=1 << 14)
    with pytest.raises(InputError, match="12 characters"):
        make_key(tmp_path / "short.key", "short")


def test_a_key_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dora.key"
    make_key(path, PHRASE, n=1 << 14)
    kept = msgspec.json.decode(path.read_bytes())
    for field, value in (("public", public_text(bytes(32))), ("n", (1 << 14) + 1), ("n", 1 << 30), ("box", "AAAA")):
        path.write_bytes(msgspec.json.encode({**kept, field: value}))
        with pytest.raises((AccessError, InputError)):
            read_key(path, PHRASE)


@given(st.binary(min_size=32, max_size=32))
def test_a_public_key_is_read_as_it_was_written(raw: bytes) -> None:
    assert public_raw(public_text(raw)) == raw


@given(st.text(max_size=60) | st.binary(max_size=40).map(public_text))
def test_what_is_no_public_key_is_complained_about(text: str) -> None:
    try:
        raw = public_raw(text)
    except InputError:
        return
    assert public_text(raw) == text


class Room(NamedTuple):
    """The people, the original's header, and the desk where they agree."""

    header: Header
    both: dict[Office, bytes]
    clock: ManualClock
    desk: Openings


@pytest.fixture
def room(path: Path, people: People) -> Room:
    clock = ManualClock(1000 * NS_PER_S)
    return Room(read_header(path), shares(path, people), clock, Openings(clock))


def person(actor: str, role: Role) -> Person:
    return Person(actor, role, actor)


DORA, SAM = person("dora", "dpo"), person("sam", "supervisor")


@pytest.mark.parametrize("order", [(DORA, SAM), (SAM, DORA)])
def test_two_offices_agree_and_one_fetches_it_once(room: Room, path: Path, order: tuple[Person, Person]) -> None:
    first = room.desk.agree(room.header, order[0], room.both[order[0].role])  # type: ignore[index]
    assert (first.state, first.office) == ("waiting", order[1].role)
    with pytest.raises(ConflictError, match="two people"):
        room.desk.take(ABOUT.ref, order[0])
    assert room.desk.agree(room.header, order[1], room.both[order[1].role]).state == "open"  # type: ignore[index]
    with pytest.raises(AccessError, match="one of the two"):
        room.desk.take(ABOUT.ref, person("eva", "dpo"))
    assert list(unseal(path, room.desk.take(ABOUT.ref, order[1]))) == RECORDS
    for one in order:
        with pytest.raises(ConflictError):
            room.desk.take(ABOUT.ref, one)


def test_a_consent_is_good_for_ten_minutes(room: Room) -> None:
    room.desk.agree(room.header, DORA, room.both["dpo"])
    room.clock.advance_to(room.clock.now() + round(WAIT_S * NS_PER_S))
    assert room.desk.agree(room.header, SAM, room.both["supervisor"]).state == "waiting"
    assert room.desk.agree(room.header, DORA, room.both["dpo"]).state == "open"
    room.clock.advance_to(room.clock.now() + round(WAIT_S * NS_PER_S))
    with pytest.raises(ConflictError):
        room.desk.take(ABOUT.ref, SAM)


def test_nobody_agrees_for_another_office_or_twice(room: Room) -> None:
    with pytest.raises(AccessError, match="not the share of the dpo"):
        room.desk.agree(room.header, DORA, room.both["supervisor"])
    with pytest.raises(AccessError, match="holds no share"):
        room.desk.agree(room.header, person("adam", "admin"), room.both["dpo"])
    room.desk.agree(room.header, DORA, room.both["dpo"])
    with pytest.raises(ConflictError, match="two different people"):
        room.desk.agree(room.header, person("dora", "supervisor"), room.both["supervisor"])
    assert room.desk.agree(room.header, DORA, room.both["dpo"]).state == "waiting"


def test_what_is_past_its_time_is_not_opened(room: Room) -> None:
    room.clock.advance_to(ABOUT.until)
    with pytest.raises(ConflictError, match="past its time"):
        room.desk.agree(room.header, DORA, room.both["dpo"])


def test_only_so_many_wait_at_once(room: Room) -> None:
    for number in range(MOST):
        about = msgspec.structs.replace(ABOUT, ref=f"ev-{number}")
        room.desk.agree(msgspec.structs.replace(room.header, about=about), DORA, room.both["dpo"])
    with pytest.raises(CapacityError):
        room.desk.agree(room.header, DORA, room.both["dpo"])


def test_the_header_names_at_most_a_few(tmp_path: Path, people: People) -> None:
    with Sealer(tmp_path / "x", ABOUT, {**people.holders, "dpo": [public(people.dora)] * MOST_HOLDERS}):
        assert len(read_header(tmp_path / "x").half("dpo").wraps) == MOST_HOLDERS
