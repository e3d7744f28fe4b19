"""The stage that makes incidents of detections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from s4.core.errors import ConfigError
from s4.core.model import Command, Detection, Incident, Word, kind_of
from s4.core.model.command import DEVICE_MAINTAIN, DEVICE_RESUME
from s4.core.ports import Card, Context, Room, Stage
from s4.core.snapshot import pack, unpack
from s4.fusion.book import Book


class Associate(Stage):
    """Detections that belong together, by place, time, nature and kind, become one incident that grows.

    Options: `open_at` (0.05): the least probability with which a detection opens an incident;
    `system_incidents` (false): whether the system's own faults (`source_silent`) open minor incidents.
    Cost: each detection is compared with every incident remembered (at most 1,536).
    """

    card = Card(
        name="associate",
        version="1",
        title="Association into incidents",
        purpose="Show an operator one incident instead of many detections, with how sure it is and why.",
        legal_basis="GDPR art. 6(1)(e); detections carry no identity.",
        limits="Kind priors and families are expert estimates until learned on site.",
    )
    room: ClassVar[Room] = "fusion"
    consumes = (Detection, Command)
    produces = (Incident,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = dict(context.options)
        self.system = options.pop("system_incidents", False)
        self.open_at = options.pop("open_at", 0.05)
        if options or not isinstance(self.system, bool):
            raise ConfigError("takes only system_incidents (true/false) and open_at", field="city.stages.associate")
        if not isinstance(self.open_at, float) or not 0 <= self.open_at < 1:
            raise ConfigError("must be a probability under 1", field="city.stages.associate.open_at")
        self.book = Book()

    def step(self, facts: Sequence[Word], now: int) -> list[Incident]:
        """New revisions of incidents, in the order of what caused them."""
        for fact in facts:
            if isinstance(fact, Detection):
                kind_of(fact.kind)  # refuse an unknown kind before anything has changed
        revised: list[Incident] = []
        for fact in facts:
            if isinstance(fact, Detection) and (self.system or kind_of(fact.kind).nature != "system"):
                revised += self.book.take(fact, self.context.city, self.open_at, now)
            elif isinstance(fact, Command) and fact.action in (DEVICE_MAINTAIN, DEVICE_RESUME):
                self.book.work(fact)
            elif isinstance(fact, Command):
                revised += self.book.order(fact, now)
        return revised if facts else self.book.pass_time(now)

    def snapshot(self) -> bytes:
        """Every incident remembered, and the ids of what was taken."""
        return pack(self.book, "associate", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood."""
        self.book = unpack(state, Book, "associate", 1)
