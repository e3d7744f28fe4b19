"""The stage that follows commands to their end: what devices and units answer, and what never was answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import msgspec

from s4.core.errors import ConfigError
from s4.core.model import Command, Incident, Observation, Task, Unit, Word
from s4.core.model.command import CommandState, is_about_facts
from s4.core.model.task import TaskState
from s4.core.ports import Card, Context, Room, Stage
from s4.core.snapshot import pack, unpack
from s4.response.answer import Answer, is_undo, may_answer, read_answer, serves
from s4.response.means import TELL
from s4.response.roster import POSITION, Roster

MOST_COMMANDS: Final = 4096
MOST_EARLY: Final = 256
_FAR: Final[dict[CommandState, int]] = {
    "approved": 0, "sent": 1, "acknowledged": 2, "done": 3, "failed": 3, "expired": 3,
}  # fmt: skip
_TASK: Final[dict[str, TaskState]] = {"acknowledged": "accepted", "done": "under_way", "failed": "refused"}
Followed = Command | Task | Unit


class _State(msgspec.Struct):
    """`commands`: the last revision known; `early`: answers that came before their command; `roster`: the units."""

    roster: Roster
    commands: dict[str, Command] = {}
    early: dict[str, list[Answer]] = {}


class FollowCommands(Stage):
    """Takes each command further as its target answers (`ack`), and gives units their tasks.

    `done` from a unit means that it is on its way: its task is then under way, and ends with a second `done`, when the
    command is undone, or when the incident is closed. Positions (`position`) of units become revisions of `Unit`.
    """

    card = Card(
        name="follow",
        version="1",
        title="Commands followed",
        purpose="Show what became of each decision, and which units are free.",
        legal_basis="GDPR art. 6(1)(e); units' positions while on duty.",
        limits="What is passed on by radio is not reported back.",
    )
    room: ClassVar[Room] = "response"
    consumes = (Command, Observation, Incident)
    produces = (Command, Task, Unit)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        if context.options:
            raise ConfigError("takes no options", field="city.stages.follow")
        self.city = context.city
        self.state = _State(Roster({unit.id: unit for unit in context.city.unit}))

    def step(self, facts: Sequence[Word], now: int) -> list[Followed]:
        """What the answers mean; without facts, which commands nobody answered in time."""
        answers = {id(fact): read_answer(fact) for fact in facts if isinstance(fact, Observation)}
        followed: list[Followed] = []
        for fact in facts:
            if isinstance(fact, Command):
                followed += self._command(fact)
            elif isinstance(fact, Incident) and fact.state == "closed":
                followed += self._closed(fact)
            elif isinstance(fact, Observation):
                answer = answers[id(fact)]
                followed += self._answered(answer) if answer else self._position(fact)
        return followed if facts else list(self._overdue(now))

    def _command(self, command: Command) -> Iterator[Followed]:
        if is_about_facts(command.action):
            if command.state == "approved":  # it is about a fact, and the room of that fact obeys by itself
                yield self._next(command, "done", command.time, "")
            return
        known = self.state.commands.get(command.id)
        if known is not None:
            yield from self._again(known, command)
            return
        self._keep(command)
        if command.state == "approved":
            yield from self._begin(command)
        elif _FAR[command.state] == 3:
            yield from self.state.roster.advance(command.id, "refused", command.time, command.detail)
        for answer in self.state.early.pop(command.id, []):
            yield from self._answered(answer)

    def _again(self, known: Command, command: Command) -> Iterator[Followed]:
        """A later revision is taken; one that crossed ours on its way must not undo what is known."""
        if command.revision < known.revision or (command.revision, command.state) == (known.revision, known.state):
            return
        if _FAR[command.state] < _FAR[known.state]:
            revised = msgspec.structs.replace(known, revision=command.revision + 1, attempts=command.attempts)
            yield self._keep(revised)
        elif command.revision > known.revision:
            self._keep(command)
            if command.state in ("failed", "expired"):
                yield from self.state.roster.advance(command.id, "refused", command.time, command.detail)

    def _begin(self, command: Command) -> Iterator[Followed]:
        served = any(serves(outlet, command) for outlet in self.city.outlet)
        if is_undo(command):
            yield from self._undo(command, served=served)
        elif command.action == TELL:
            words = f"passed on by radio by {command.approved_by}; nothing reports back"
            yield self._next(command, "acknowledged", command.time, words)
        elif command.target in self.state.roster.units:
            if not served:
                yield self._next(command, "sent", command.time, "given as a task; no device of its own")
            yield from self.state.roster.assign(command)

    def _undo(self, command: Command, *, served: bool) -> Iterator[Followed]:
        undone = str(command.parameters.get("command", ""))
        if not served:
            known = undone in self.state.roster.tasks
            words = "called back" if known else "taken back; whoever was told must be told again"
            yield self._next(command, "done" if known else "acknowledged", command.time, words)
        yield from self.state.roster.advance(undone, "done", command.time, f"called back by {command.approved_by}")

    def _answered(self, answer: Answer) -> Iterator[Followed]:
        command = self.state.commands.get(answer.command)
        if command is None:
            self._remember(answer)
            return
        if not may_answer(answer, command, self.city):
            return
        task = self.state.roster.tasks.get(command.id)
        if _FAR[answer.state] > _FAR[command.state]:
            yield self._next(command, answer.state, answer.time, answer.detail)
            step = _TASK[answer.state]
        else:
            step = "done" if answer.state == "done" and task and task.state == "under_way" else _TASK[answer.state]
            if step != "done":
                return
        yield from self.state.roster.advance(command.id, step, answer.time, answer.detail)

    def _position(self, seen: Observation) -> Iterator[Followed]:
        if seen.property == POSITION and seen.source in self.state.roster.units:
            yield from self.state.roster.move(seen)

    def _closed(self, incident: Incident) -> Iterator[Followed]:
        for name, task in list(self.state.roster.tasks.items()):
            if task.incident == incident.id:
                yield from self.state.roster.advance(name, "done", incident.time, "the incident is closed")

    def _overdue(self, now: int) -> Iterator[Followed]:
        for command in list(self.state.commands.values()):
            if 0 < command.expires < now and command.state in ("approved", "sent"):
                yield self._next(command, "expired", now, "no answer in time")
                yield from self.state.roster.advance(command.id, "refused", now, "no answer in time")

    def _next(self, command: Command, state: CommandState, time: int, detail: str) -> Command:
        time, revision = max(time, command.time), command.revision + 1
        return self._keep(
            msgspec.structs.replace(command, revision=revision, time=time, state=state, detail=detail or command.detail)
        )

    def _keep(self, command: Command) -> Command:
        commands = self.state.commands
        commands[command.id] = command
        if len(commands) > MOST_COMMANDS:
            over = (name for name, one in commands.items() if _FAR[one.state] == 3 and name != command.id)
            del commands[next(over, next(iter(commands)))]
        return command

    def _remember(self, answer: Answer) -> None:
        """Answers and commands come by different ways: an answer may be heard first."""
        waiting = self.state.early.setdefault(answer.command, [])
        waiting.append(answer)
        del waiting[:-4]
        if len(self.state.early) > MOST_EARLY:
            del self.state.early[next(iter(self.state.early))]

    def snapshot(self) -> bytes:
        """Commands, tasks and units."""
        return pack(self.state, "follow", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood."""
        self.state = unpack(state, _State, "follow", 1)
