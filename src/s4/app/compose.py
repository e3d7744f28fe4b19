"""The composition root: a city and settings → what the runner shall run. The only place that joins rooms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from s4.adapters.export.pipeline import Pipeline
from s4.core import registry
from s4.core.city import City, Source
from s4.core.clock import Clock
from s4.core.errors import ConfigError, InputError
from s4.core.export import Export
from s4.core.live import LiveBoard
from s4.core.model import FACTS, Command, Frame, Observation
from s4.core.ports import Camera, Context, Door, Exporter, Outlet, Stage, Vault, Verify, nobody
from s4.core.register import Register
from s4.core.zones import ZoneBook
from s4.sensing.checkpoint import Guarded
from s4.sensing.device import Device
from s4.sensing.mqtt.listener import MqttListener


class Composer:
    """Makes the parts of a city. Every plug-in comes through the registry, ours like a stranger's."""

    def __init__(
        self,
        city: City,
        clock: Clock,
        folder: Path,
        runs: Callable[[str], bool],
        verify: Verify = nobody,
        vault: Vault | None = None,
    ) -> None:
        self._city, self._clock, self._folder, self._runs, self._verify = city, clock, folder, runs, verify
        self._vault = vault
        self.register, self.board, self.zones = Register(city), LiveBoard(), ZoneBook(city)

    def _context(self, options: dict[str, Any]) -> Context:
        return Context(
            self._city, self._clock, options, str(self._folder), self.register, self._verify, self._vault, self.board,
            self.zones,
        )  # fmt: skip

    def _stage_classes(self) -> list[tuple[str, type[Stage], dict[str, Any]]]:
        """Every installed stage whose room runs here and that the city has not switched off."""
        settings = _by_present_name(self._city.city.stages)
        known = registry.names("s4.stages")
        for name in settings:
            if name not in known:
                raise ConfigError(
                    f"there is no stage {name!r} (there are: {', '.join(known)})", field=f"city.stages.{name}"
                )
        found = []
        for name in known:
            options = dict(settings.get(name, {}))
            if options.pop("enabled", True) is False:
                continue
            stage: type[Stage] = registry.load("s4.stages", name)
            if self._runs(stage.room):
                found.append((name, stage, options))
        return found

    def stages(self) -> list[tuple[str, Callable[[], Stage]]]:
        """(name, maker) of every stage that is fed from the bus. Each is made here, so that bad options show."""
        return [
            (name, _maker(stage, self._context(options)))
            for name, stage, options in self._stage_classes()
            if Frame not in stage.consumes
        ]

    def doors(self) -> list[Door]:
        """The doors of every source that is not a camera, each behind its checkpoint (MQTT and HTTP have theirs)."""
        found = [door for row, door in self._opened() if isinstance(door, Door)]
        return [door if isinstance(door, Device | MqttListener) else Guarded(door, self._context({})) for door in found]

    def cameras(self) -> list[tuple[Source, Camera, list[Stage]]]:
        """Every camera with the stages that watch its frames, each camera its own."""
        watchers = [(stage, options) for _, stage, options in self._stage_classes() if Frame in stage.consumes]
        return [
            (row, camera, [stage(self._context(options)) for stage, options in watchers])
            for row, camera in self._opened()
            if isinstance(camera, Camera)
        ]

    def _opened(self) -> list[tuple[Source, Door | Camera]]:
        return [(row, self._door(i, row)) for i, row in enumerate(self._city.source)] if self._runs("sensing") else []

    def _door(self, index: int, row: Source) -> Door | Camera:
        try:
            made: Door | Camera = registry.load("s4.doors", row.door)(self._context(dict(row.options)), row)
        except InputError as error:
            raise ConfigError(error.reason, field=error.field or f"source[{index}]") from error
        return made

    def stated(self) -> tuple[str, ...]:
        """The words of single facts that come about here, but not commands: they are given where people decide."""
        found: set[type] = {fact for _, stage, _ in self._stage_classes() for fact in stage.produces}
        if self._runs("sensing"):
            found.add(Observation)
        return tuple(word for word, fact in FACTS.items() if fact in found and fact is not Command)

    def outlets(self, *, near: bool = False) -> list[Outlet]:
        """The outlets; `near`: only those that reach devices over the bus of their own site."""
        classes = [(row, registry.load("s4.outlets", row.outlet)) for row in self._city.outlet]
        return [made(self._context(dict(row.options)), row) for row, made in classes if made.near or not near]

    def newcomer(self, device: str) -> Outlet | None:
        """The outlet of a device that was approved since the description was written; None when it has none."""
        row = self.register.outlet(device)
        if row is None or row in self._city.outlet:
            return None
        made: Outlet = registry.load("s4.outlets", row.outlet)(self._context(dict(row.options)), row)
        return made

    def exports(self) -> list[Exporter]:
        """The exports, where the edge room runs."""
        return [self._export(i, row) for i, row in enumerate(self._city.export)] if self._runs("edge") else []

    def _export(self, index: int, row: Export) -> Exporter:
        try:
            context = self._context({})
            return Pipeline(context, row, registry.load("s4.targets", row.target)(context, row))
        except InputError as error:
            raise ConfigError(error.reason, file=error.file, field=error.field or f"export[{index}].target") from error


_FORMER: Final = {"silence": "supervision"}
"""Stages that another does the work of now, so that older descriptions of a city go on working."""


def _by_present_name(settings: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for former, present in _FORMER.items():
        if former in settings and present in settings:
            raise ConfigError(f"is called {present!r} now; write its settings there", field=f"city.stages.{former}")
    return {_FORMER.get(name, name): options for name, options in settings.items()}


def _maker(stage: type[Stage], context: Context) -> Callable[[], Stage]:
    """Gives the stage that is made here, then new ones: a thousand rules take half a second to compile."""
    ready = [stage(context)]
    return lambda: ready.pop() if ready else stage(context)
