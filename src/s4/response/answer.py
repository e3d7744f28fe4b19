"""What a device or a unit answers to a command: property `ack`, body `{"command": id, "state": …, "detail": …}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from s4.core.city import City, Outlet
from s4.core.errors import InputError
from s4.core.model import Command, Observation
from s4.core.model.command import UNDO
from s4.core.subjects import ACK

LONGEST_DETAIL = 200
AnswerState = Literal["acknowledged", "done", "failed"]


class Answer(msgspec.Struct, frozen=True):
    """`source`: who answered, as the door authenticated it; `time`: ns UTC."""

    command: str
    state: AnswerState
    detail: str
    source: str
    time: int


class _Body(msgspec.Struct):
    command: str
    state: AnswerState
    detail: str = ""


def read_answer(seen: Observation) -> Answer | None:
    """The answer in an observation, None if it is none. Raises `InputError` when it cannot be understood."""
    if seen.property != ACK:
        return None
    try:
        body = msgspec.convert(dict(seen.body), _Body)
    except msgspec.ValidationError as error:
        raise InputError(f"not an answer to a command: {error}", field=f"{seen.source}.{ACK}") from error
    return Answer(body.command, body.state, body.detail[:LONGEST_DETAIL], seen.source, seen.time)


def is_undo(command: Command) -> bool:
    """Whether it takes an earlier command back (`undo`, or a device's own word for it: `gate.close.undo`)."""
    return command.action == UNDO or command.action.endswith(f".{UNDO}")


def serves(outlet: Outlet, command: Command) -> bool:
    """Whether an outlet can carry a command out."""
    return command.action in outlet.actions and command.target in ("", outlet.id, outlet.site)


def may_answer(answer: Answer, command: Command, city: City) -> bool:
    """Only who was asked may answer: the target itself, or the device of an outlet that serves the command."""
    if answer.source == command.target:
        return True
    return any(serves(o, command) and answer.source in (o.id, _device(o.options)) for o in city.outlet)


def _device(options: Mapping[str, object]) -> object:
    return options.get("device")
