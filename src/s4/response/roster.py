"""Units, and what each was asked to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from s4.core.geo import distance_m
from s4.core.ids import derive_id
from s4.core.model import Command, Observation, Place, Task, Unit
from s4.core.model.task import TaskState
from s4.core.model.unit import UnitState

POSITION: Final = "position"
MOVED_M: Final = 10.0
"""A unit that moved less than this since its last revision gets no new one."""
MOST_TASKS: Final = 2048


class Roster(msgspec.Struct):
    """`units` by id; `tasks` by the command that gave them; `claims`: what units last said of themselves."""

    units: dict[str, Unit] = {}
    tasks: dict[str, Task] = {}
    claims: dict[str, UnitState] = {}

    def assign(self, command: Command) -> Iterator[Task | Unit]:
        """A command to a unit becomes its task."""
        place = _place(command.parameters)
        task = Task(
            id=derive_id("task", "response", command.id), revision=0, time=command.time, site=command.site,
            unit=command.target, title=str(command.parameters.get("task", "Go there")), state="assigned",
            command=command.id, incident=command.incident, place=place,
        )  # fmt: skip
        self.tasks[command.id] = task
        if len(self.tasks) > MOST_TASKS:
            del self.tasks[next((k for k, t in self.tasks.items() if _over(t)), next(iter(self.tasks)))]
        yield task
        yield from self._settle(command.target, command.time)

    def advance(self, command: str, state: TaskState, time: int, detail: str) -> Iterator[Task | Unit]:
        """A task goes on; nothing when it is over, or as far already."""
        task = self.tasks.get(command)
        if task is None or _over(task) or task.state == state:
            return
        time = max(task.time, time)
        task = msgspec.structs.replace(task, revision=task.revision + 1, time=time, state=state, detail=detail)
        self.tasks[command] = task
        yield task
        yield from self._settle(task.unit, time)

    def move(self, seen: Observation) -> Iterator[Unit]:
        """A unit says where it is and how it does."""
        unit = self.units[seen.source]
        claimed = seen.body.get("state")
        if claimed in ("free", "busy", "off"):
            self.claims[unit.id] = claimed
        if seen.place is not None and seen.time >= unit.time and _moved(unit.place, seen.place):
            yield self._revise(
                unit, seen.time, place=seen.place, heading_deg=_number(seen.body.get("heading_deg")),
                speed_m_s=_number(seen.body.get("speed_m_s")), state=self._state(unit.id),
            )  # fmt: skip
        else:
            yield from self._settle(unit.id, seen.time)

    def _settle(self, name: str, time: int) -> Iterator[Unit]:
        unit = self.units.get(name)
        if unit is not None and unit.state != self._state(name):
            yield self._revise(unit, time, state=self._state(name))

    def _state(self, name: str) -> UnitState:
        """Busy while a task of it goes on, else what it says of itself, else free (or off, if the city says so)."""
        if any(task.unit == name and not _over(task) for task in self.tasks.values()):
            return "busy"
        return self.claims.get(name, "off" if self.units[name].state == "off" else "free")

    def _revise(self, unit: Unit, time: int, **changes: Any) -> Unit:
        revised = msgspec.structs.replace(unit, revision=unit.revision + 1, time=max(unit.time, time), **changes)
        self.units[unit.id] = revised
        return revised


def _over(task: Task) -> bool:
    return task.state in ("done", "refused")


def _moved(last: Place | None, place: Place) -> bool:
    return last is None or distance_m(last.lat, last.lon, place.lat, place.lon) >= MOVED_M


def _place(parameters: Mapping[str, float | str | bool]) -> Place | None:
    lat, lon = _number(parameters.get("lat")), _number(parameters.get("lon"))
    if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Place(lat, lon)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
