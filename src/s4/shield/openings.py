"""Openings: how two people of different offices open a sealed original, once and for a short time.

Each brings the share of their office and a reason. The first is held in memory, for ten minutes; when the second comes
from another person of the other office, the original may be fetched once, within ten minutes more. A restart forgets
everything. Whoever calls this writes each step into the audit log before its answer leaves.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec

from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import AccessError, CapacityError, ConflictError
from s4.shield.roles import Role
from s4.shield.sealed import OFFICES, Header, Office, fits
from s4.shield.sessions import Person

WAIT_S: Final = 600.0
"""How long the first of two people's consent is good for, and then how long the original may be fetched."""
MOST: Final = 64


class Consent(msgspec.Struct, frozen=True):
    """Where an opening stands after one person has agreed. `state`: `waiting` for the other office, or `open`;
    `office`: whose share is missing, none when open; `until`: ns UTC.
    """

    state: Literal["waiting", "open"]
    until: int
    office: Office | None = None


class _Share(NamedTuple):
    actor: str
    share: bytes


class _Opening(msgspec.Struct):
    until: int
    shares: dict[Office, _Share]


class Openings:
    """The openings under way. `clock`: the machine's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Opening] = {}

    def check(self, header: Header, person: Person, share: bytes) -> Office:
        """The office in which `person` may agree, once it is clear that the share is that office's.

        Raises `AccessError` for another role or a wrong share, `ConflictError` for somebody who agreed already in
        another role, or when the original is past its time.
        """
        office = office_of(person.role)
        if self._clock.now() >= header.about.until:
            raise ConflictError("the original is past its time and is not opened any more")
        if not fits(header, office, share):
            raise AccessError(f"this is not the share of the {office}")
        found = self._current(header.about.ref)
        if found and any(one.actor == person.actor for other, one in found.shares.items() if other != office):
            raise ConflictError("two different people have to agree")
        return office

    def agree(self, header: Header, person: Person, share: bytes) -> Consent:
        """Count the consent of `person`. Raises as `check` does, and `CapacityError` when too much is under way."""
        office, ref = self.check(header, person, share), header.about.ref
        found = self._current(ref) or _Opening(0, {})
        if ref not in self._open and len(self._open) >= MOST:
            raise CapacityError(f"{MOST} originals are being opened already")
        found.shares[office] = _Share(person.actor, share)
        found.until = self._clock.now() + round(WAIT_S * NS_PER_S)
        self._open[ref] = found
        missing = [one for one in OFFICES if one not in found.shares]
        return Consent("waiting", found.until, missing[0]) if missing else Consent("open", found.until)

    def take(self, ref: str, person: Person) -> dict[Office, bytes]:
        """Both shares, once, for one of the two who agreed. Raises `ConflictError` when there is nothing to take."""
        found = self._current(ref)
        if found is None or len(found.shares) < len(OFFICES):
            raise ConflictError("two people have to agree first, within ten minutes")
        if person.actor not in {one.actor for one in found.shares.values()}:
            raise AccessError("only one of the two who agreed may fetch it")
        del self._open[ref]
        return {office: one.share for office, one in found.shares.items()}

    def _current(self, ref: str) -> _Opening | None:
        now = self._clock.now()
        for late in [one for one, opening in self._open.items() if opening.until <= now]:
            del self._open[late]
        return self._open.get(ref)


def office_of(role: Role) -> Office:
    """The office of a role. Raises `AccessError` for a role that holds no share.

    >>> office_of("dpo")
    'dpo'
    """
    for office in OFFICES:
        if role == office:
            return office
    raise AccessError(f"the role {role} holds no share of an original")
