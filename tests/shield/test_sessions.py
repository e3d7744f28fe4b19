"""Login tokens, sessions, pauses after failures, and the table of roles."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from s4.core.clock import NS_PER_S, ManualClock
from s4.core.errors import AccessError, CapacityError, InputError
from s4.shield.failures import FailureLimit
from s4.shield.roles import PERMISSIONS, Permission, Role, allows, require, role_named
from s4.shield.sessions import Limits, Person, Sessions

ANA = Person("ana", "operator", "Ana")
LIMITS = Limits(token_s=60, idle_s=100, session_s=500, tokens=3, sessions=3)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NS_PER_S)


@pytest.fixture
def sessions(clock: ManualClock) -> Sessions:
    return Sessions(clock, LIMITS)


def wait(clock: ManualClock, seconds: float) -> None:
    clock.advance_to(clock.now() + int(seconds * NS_PER_S))


def test_a_token_opens_one_session_once(sessions: Sessions) -> None:
    token = sessions.issue(ANA)
    assert sessions.find(sessions.redeem(token)) == ANA
    with pytest.raises(AccessError, match="ask for a new one"):
        sessions.redeem(token)


def test_a_late_token_is_worth_nothing(sessions: Sessions, clock: ManualClock) -> None:
    token = sessions.issue(ANA)
    wait(clock, 60)
    with pytest.raises(AccessError):
        sessions.redeem(token)
    assert len(sessions) == 0


def test_the_oldest_unused_token_gives_way(sessions: Sessions) -> None:
    tokens = [sessions.issue(ANA) for _ in range(4)]
    with pytest.raises(AccessError):
        sessions.redeem(tokens[0])
    assert sessions.redeem(tokens[3])


def test_an_idle_session_ends_and_a_used_one_lives_on(sessions: Sessions, clock: ManualClock) -> None:
    used, idle = sessions.open(ANA), sessions.open(ANA)
    wait(clock, 60)
    assert sessions.find(used)
    wait(clock, 60)
    assert sessions.find(used)
    assert sessions.find(idle) is None


def test_no_session_outlives_its_shift(sessions: Sessions, clock: ManualClock) -> None:
    cookie = sessions.open(ANA)
    for _ in range(9):
        wait(clock, 50)
        assert sessions.find(cookie)
    wait(clock, 50)
    assert sessions.find(cookie) is None


def test_there_are_only_so_many_sessions_and_expired_ones_make_room(sessions: Sessions, clock: ManualClock) -> None:
    for _ in range(3):
        sessions.open(ANA)
    with pytest.raises(CapacityError):
        sessions.open(ANA)
    wait(clock, 100)
    assert sessions.open(ANA)


def test_signing_out_here_and_everywhere(sessions: Sessions) -> None:
    one, two, other = sessions.open(ANA), sessions.open(ANA), sessions.open(Person("bob", "viewer"))
    sessions.end(one)
    assert sessions.find(one) is None
    assert sessions.end_all("ana") == 1
    assert sessions.find(two) is None
    assert sessions.find(other)


@given(st.text(max_size=2000))
def test_a_made_up_cookie_or_token_is_refused(text: str) -> None:
    sessions = Sessions(ManualClock(), LIMITS)
    sessions.issue(ANA)
    sessions.open(ANA)
    assert sessions.find(text) is None
    with pytest.raises(AccessError):
        sessions.redeem(text)
    sessions.end(text)
    assert len(sessions) == 1


class Failing(RuleBasedStateMachine):
    """Whatever happens in whatever order, memory stays bounded and only those who failed too often wait."""

    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.limit = FailureLimit(self.clock, most=3, window_s=10, keys=4)
        self.times: dict[str, list[int]] = {}

    @rule(target=keys, key=st.sampled_from("abcdef"))
    def fail(self, key: str) -> str:
        self.limit.failed(key)
        self.times.setdefault(key, []).append(self.clock.now())
        return key

    @rule(key=consumes(keys))
    def succeed(self, key: str) -> None:
        self.limit.succeeded(key)
        self.times.pop(key, None)
        assert self.limit.wait_s(key) == 0

    @rule(seconds=st.integers(1, 12))
    def pass_time(self, seconds: int) -> None:
        wait(self.clock, seconds)

    @invariant()
    def bounded_and_just(self) -> None:
        assert len(self.limit) <= 4
        for key in "abcdef":
            recent = [t for t in self.times.get(key, []) if t > self.clock.now() - 10 * NS_PER_S]
            assert 0 <= self.limit.wait_s(key) <= 10
            assert self.limit.wait_s(key) == 0 or len(recent) >= 1


TestFailing = Failing.TestCase


def test_too_many_failures_ask_for_a_pause(clock: ManualClock) -> None:
    limit = FailureLimit(clock, most=3, window_s=10)
    for _ in range(3):
        assert limit.wait_s("a") == 0
        limit.failed("a")
    assert limit.wait_s("a") == 10
    wait(clock, 10)
    assert limit.wait_s("a") == 0


def test_every_role_has_its_row_and_every_permission_somebody() -> None:
    assert set(PERMISSIONS) == set(get_args(Role))
    assert set(Permission) == set().union(*PERMISSIONS.values())
    assert all(Permission.SEE_PICTURE in held for held in PERMISSIONS.values())


def test_duties_are_separate() -> None:
    deciding = {Permission.APPROVE_MEASURES, Permission.CLOSE_INCIDENTS, Permission.HANDLE_INCIDENTS}
    assert not deciding & PERMISSIONS["admin"]
    assert not deciding & PERMISSIONS["dpo"]
    assert not allows("admin", Permission.SEE_EVIDENCE)
    assert not [role for role in ("operator", "supervisor", "dpo") if allows(role, Permission.MANAGE_USERS)]


def test_a_missing_permission_and_a_wrong_role_are_named() -> None:
    with pytest.raises(AccessError, match="the role viewer may not see evidence"):
        require("viewer", Permission.SEE_EVIDENCE)
    with pytest.raises(InputError, match="viewer, operator, supervisor, dpo, admin"):
        role_named("root")
