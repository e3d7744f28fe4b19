"""Task: something that a unit of responders is asked to do."""

from __future__ import annotations

from typing import Literal

import msgspec

from s4.core.model.place import Place

TaskState = Literal["assigned", "accepted", "under_way", "done", "refused"]


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One task of one unit; each change of state is a new `revision`. `time`: ns UTC of this revision."""

    id: str
    revision: int
    time: int
    site: str
    unit: str
    title: str
    state: TaskState
    command: str = ""
    incident: str = ""
    place: Place | None = None
    detail: str = ""
