"""The city's rules in SQL: how each is doing, checking and trying one, adding, changing and removing one."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import ConflictError, InputError
from s4.core.ids import derive_id
from s4.core.model import Command
from s4.core.model.command import RULE_PUT, RULE_REMOVE
from s4.core.rules import Checked, RuleState, RuleWords, SqlRule, Trial
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import Instant, Reason, Remark, check_window, needed
from s4.picture.refusal import not_found
from s4.shield.roles import Permission

Counts = Annotated[dict[str, int], Meta(description="rows, passed, late, faults, emitted")]


class RuleView(msgspec.Struct, frozen=True):
    """A rule at work (`s4.core.rules.RuleState` says what the fields mean). `time`: ns UTC when the edge said so."""

    id: str
    query: SqlRule
    origin: Literal["file", "people"]
    runs: Literal["columns", "rows"]
    why: str
    counts: Counts
    reason: str
    time: int


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that somebody is writing."""

    query: SqlRule


class TrialOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule, and the stretch of the past to run it over."""

    query: SqlRule
    since: Instant
    until: Instant

    def __post_init__(self) -> None:
        check_window(self.since, self.until)


class RuleOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that is to run from now on, and why."""

    query: SqlRule
    reason: Reason


@operation("GET", "/api/rules", needs=Permission.SEE_PICTURE)
async def list_rules(call: Call[Nothing, Nothing]) -> list[RuleView]:
    """Every rule in SQL and how it is doing, as the edge said last (every 10 s when there is something new)."""
    return [_view(time, state) for time, state in call.services.feed.rules()]


@operation("GET", "/api/rules/words", needs=Permission.SEE_PICTURE)
async def show_rule_words(call: Call[Nothing, Nothing]) -> RuleWords:
    """What can stand in a rule: streams and their columns, functions, windows, keywords, kinds of detections."""
    return await asyncio.to_thread(call.services.desk.words)


@operation("POST", "/api/rules/check", needs=Permission.SEE_PICTURE)
async def check_rule(call: Call[Nothing, Draft]) -> Checked:
    """What is wrong with a rule and where, or how it would run. Nothing is changed."""
    return await asyncio.to_thread(call.services.desk.check, call.body.query)


@operation("POST", "/api/rules/try", needs=Permission.MANAGE_RULES)
async def try_rule(call: Call[Nothing, TrialOrder]) -> Trial:
    """What a rule would have put out over a stretch of the past. Nothing is changed; it takes at most half a minute.

    Answers 400 when something is wrong with the rule, or when it reads events, of which the past is not kept as rows.
    """
    body = call.body
    return await asyncio.to_thread(call.services.desk.try_out, body.query, body.since, body.until)


@operation("PUT", "/api/rules/{id}", needs=Permission.MANAGE_RULES, status=201)
async def put_rule(call: Call[Nothing, RuleOrder]) -> Command:
    """Add a rule, or change the one of that id: it forgets what it saw, and runs within seconds.

    A rule of the city's file is covered by this one until somebody removes it. Answers 400 with the first problem, 409
    for a rule that gives commands: those stand in the city's file only.
    """
    name, rule = call.path["id"], call.body.query
    if rule.id != name:
        raise InputError(f"the rule calls itself {rule.id!r}", field="query.id")
    if rule.command is not None:
        raise ConflictError("only a rule of the city's own file may give commands")
    _check_no_orders(call, name)
    problems = (await asyncio.to_thread(call.services.desk.check, rule)).problems
    if problems:
        one = problems[0]
        place = f"line {one.line}, column {one.column}: " if one.line else ""
        raise InputError(f"{place}{one.reason}", field=f"query.{one.field}".rstrip("."))
    return await _decide(call, RULE_PUT, needed(call.body.reason), {"definition": rule.fingerprint()})


@operation("DELETE", "/api/rules/{id}", needs=Permission.MANAGE_RULES, status=201)
async def remove_rule(call: Call[Nothing, Remark]) -> Command:
    """Take a rule away. One of the city's file stays away, also after a restart, until somebody puts it back."""
    if all(state.rule != call.path["id"] for _, state in call.services.feed.rules()):
        raise not_found("rule", call.path["id"])
    _check_no_orders(call, call.path["id"])
    return await _decide(call, RULE_REMOVE, needed(call.body.reason), {})


def _view(time: int, state: RuleState) -> RuleView:
    return RuleView(
        state.rule, state.query, state.origin, state.runs, state.why, dict(state.counts), state.reason, time
    )


def _check_no_orders(call: Call[Nothing, RuleOrder] | Call[Nothing, Remark], name: str) -> None:
    for _, state in call.services.feed.rules():
        if state.rule == name and state.query.command is not None:
            raise ConflictError("it gives commands: it can be changed in the city's file only")


async def _decide(
    call: Call[Nothing, RuleOrder] | Call[Nothing, Remark], action: str, reason: str, parameters: dict[str, str]
) -> Command:
    services, name, now = call.services, call.path["id"], call.services.clock.now()
    command = Command(
        id=derive_id("com", "picture", name, action, now), revision=0, time=now, site=services.city.site[0].id,
        action=action, target=name, state="approved", approved_by=call.person.actor, reason=reason,
        parameters=parameters,
    )  # fmt: skip
    await services.publisher.decide([command], call.person.actor, action, name, reason)
    return command
