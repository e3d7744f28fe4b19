"""Who is signed in: one-time login tokens, and the sessions they open. In memory, so a restart signs everybody out.

Hand in the machine's own clock (`RealClock`), never the city's simulated one: a demonstration at sixty times the speed
should not sign its operator out after twelve minutes.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import AccessError, CapacityError
from s4.shield.roles import Role
from s4.shield.secret import LONGEST, new_secret, sha256_of


class Person(msgspec.Struct, frozen=True):
    """Somebody who proved who they are. `actor`: the id that decisions and the audit log carry."""

    actor: str
    role: Role
    name: str = ""


class Limits(msgspec.Struct, frozen=True):
    """How long and how many. Seconds of the clock handed in; the longest session is one shift."""

    token_s: float = 600.0
    idle_s: float = 1800.0
    session_s: float = 43_200.0
    tokens: int = 1000
    sessions: int = 1000


DEFAULT_LIMITS: Final = Limits()


class _Token(msgspec.Struct, frozen=True):
    person: Person
    expires: int


class _Session(msgspec.Struct):
    person: Person
    expires: int
    used: int


class Sessions:
    """Login tokens and sessions, both random and both kept only as their SHA-256.

    Looking one up by its digest leaks nothing through time: whoever lacks the token cannot choose its digest.

    >>> from s4.core.clock import ManualClock
    >>> sessions = Sessions(ManualClock())
    >>> cookie = sessions.redeem(sessions.issue(Person("ana", "operator")))
    >>> sessions.find(cookie).actor
    'ana'
    """

    def __init__(self, clock: Clock, limits: Limits = DEFAULT_LIMITS) -> None:
        self._clock = clock
        self.limits = limits
        self._tokens: OrderedDict[str, _Token] = OrderedDict()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def issue(self, person: Person) -> str:
        """A login token: good once, for `token_s` seconds. The oldest unused one gives way when there are too many."""
        while len(self._tokens) >= self.limits.tokens:
            self._tokens.popitem(last=False)
        token = new_secret()
        self._tokens[sha256_of(token)] = _Token(person, self._after(self.limits.token_s))
        return token

    def redeem(self, token: str) -> str:
        """A login token → the cookie of a new session. Raises `AccessError` for a wrong, used or late one."""
        found = self._tokens.pop(sha256_of(token), None) if len(token) <= LONGEST else None
        if found is None or found.expires <= self._clock.now():
            raise AccessError("this login link is wrong, was used, or is too old; ask for a new one")
        return self.open(found.person)

    def open(self, person: Person) -> str:
        """The cookie of a new session. Raises `CapacityError` when too many people are signed in."""
        if len(self._sessions) >= self.limits.sessions:
            self._sweep()
        if len(self._sessions) >= self.limits.sessions:
            raise CapacityError(f"{self.limits.sessions} sessions are open already")
        cookie = new_secret()
        self._sessions[sha256_of(cookie)] = _Session(person, self._after(self.limits.session_s), self._clock.now())
        return cookie

    def find(self, cookie: str) -> Person | None:
        """Who holds the cookie, or None when it is wrong or expired. Counts as use."""
        if len(cookie) > LONGEST:
            return None
        key = sha256_of(cookie)
        session = self._sessions.get(key)
        if session is None:
            return None
        if not self._lives(session):
            del self._sessions[key]
            return None
        session.used = self._clock.now()
        return session.person

    def end(self, cookie: str) -> None:
        """Sign out; nothing happens when the cookie is already worth nothing."""
        self._sessions.pop(sha256_of(cookie[:LONGEST]), None)

    def end_all(self, actor: str) -> int:
        """Sign a person out everywhere (their access was revoked); returns how many sessions that were."""
        theirs = [key for key, session in self._sessions.items() if session.person.actor == actor]
        for key in theirs:
            del self._sessions[key]
        return len(theirs)

    def _after(self, seconds: float) -> int:
        return self._clock.now() + int(seconds * NS_PER_S)

    def _lives(self, session: _Session) -> bool:
        now = self._clock.now()
        return now < session.expires and now < session.used + int(self.limits.idle_s * NS_PER_S)

    def _sweep(self) -> None:
        for key in [key for key, session in self._sessions.items() if not self._lives(session)]:
            del self._sessions[key]
