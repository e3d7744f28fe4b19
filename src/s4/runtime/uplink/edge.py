"""What the parts of an edge site's uplink share: the outbox, the policy, the line's state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from s4.core.uplink import UplinkPolicy
from s4.runtime.uplink.levels import LevelKeeper
from s4.runtime.uplink.meter import LineMeter
from s4.runtime.uplink.outbox import Outbox
from s4.runtime.uplink.pace import Window


class UplinkPlan(msgspec.Struct, frozen=True):
    """An edge site's uplink. `site`: who speaks; `words`: the facts that go up (`core.model.WORD_OF`); `folder`: where
    the outbox lies.
    """

    site: str
    policy: UplinkPolicy
    words: tuple[str, ...]
    folder: Path


class LeafWord(msgspec.Struct, frozen=True):
    """What NATS itself says of the leaf link."""

    up: bool
    detail: str = ""


class LeafControl(msgspec.Struct, frozen=True):
    """How the leaf link is asked for and restarted: given by whoever owns the bus' server.

    `look`: NATS' word, None when the server does not answer; `reachable`: whether the hub's port takes a connection;
    `reconnect` makes the server drop the link and solicit it anew; `restart` replaces the server;
    `close` hangs up.
    """

    look: Callable[[], Awaitable[LeafWord | None]]
    reachable: Callable[[], Awaitable[bool]]
    reconnect: Callable[[], Awaitable[None]]
    restart: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


class Line:
    """The line as its parts see it: `changed` is called when there may be more to send."""

    def __init__(self, plan: UplinkPlan) -> None:
        self.plan = plan
        self.outbox = Outbox(plan.folder / "outbox.sqlite", plan.policy.max_mib << 20)
        self.meter = LineMeter()
        self.window = Window()
        self.levels = LevelKeeper()
        self.listeners: list[Callable[[], None]] = []

    @property
    def site(self) -> str:
        """The edge site's id."""
        return self.plan.site

    def changed(self) -> None:
        """Something was put in, or the level has changed."""
        for listener in self.listeners:
            listener()
