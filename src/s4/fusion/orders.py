"""What an operator's command does to an incident: take it on, close it, open it again, add a note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from s4.core.model import Command, StoryLine
from s4.core.model.command import ACKNOWLEDGE, CLOSE, NOTE, REOPEN
from s4.fusion.dossier import Dossier


def obey(dossier: Dossier, command: Command, now: int) -> str:
    """Apply the command and return why there is a new revision, or "" when it changes nothing."""
    action = _ACTIONS.get(command.action)
    words = action(dossier, command, now) if action else ""
    if words:
        dossier.time = max(dossier.time, command.time)
        said = f"{words}: {command.reason}" if command.reason else words
        kind = command.action.removeprefix("incident.")
        dossier.tell(StoryLine(command.time, said, kind, command.approved_by, 1.0, command.id))
    return words


def _acknowledge(dossier: Dossier, command: Command, now: int) -> str:
    if dossier.state != "open":
        return ""
    dossier.state, dossier.handled_by, dossier.heard = "acknowledged", command.approved_by, now
    return f"Taken on by {command.approved_by}"


def _close(dossier: Dossier, command: Command, now: int) -> str:
    if dossier.state == "closed":
        return ""
    dossier.state, dossier.closed, dossier.closed_at = "closed", command.time, now
    dossier.closed_by = command.approved_by
    return f"Closed by {command.approved_by}"


def _reopen(dossier: Dossier, command: Command, now: int) -> str:
    if dossier.state != "closed":
        return ""
    dossier.state, dossier.closed, dossier.closed_by = "open", None, ""
    dossier.heard, dossier.handled_by = now, ""
    return f"Reopened by {command.approved_by}"


def _note(dossier: Dossier, command: Command, now: int) -> str:
    return f"Note by {command.approved_by}"


_ACTIONS: Final[Mapping[str, Callable[[Dossier, Command, int], str]]] = {
    ACKNOWLEDGE: _acknowledge, CLOSE: _close, REOPEN: _reopen, NOTE: _note,
}  # fmt: skip
