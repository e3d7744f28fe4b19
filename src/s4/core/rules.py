"""Rules in SQL as rooms speak of them: what a rule says, how it is doing, and the desk at which people work on rules.

The edge runs them; the picture shows them; the desk is handed in by whoever puts the system together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import Meta

from s4.core.model.observation import Observation
from s4.core.model.severity import Severity
from s4.core.own_words import hear, say
from s4.core.subjects import RULE_STATE

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
LARGEST_STATEMENT: Final = 20_000


class Says(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A detection for each row. `kind`: from the vocabulary; `text`: one sentence, with `{column}` of the row in it;
    rows about the same source within `hold_s` of one another are one happening, told again every `update_s`.
    """

    kind: str
    text: Annotated[str, Meta(max_length=500)]
    severity: Severity | None = None
    confidence: Annotated[float, Meta(gt=0, lt=1)] = 0.9
    hold_s: Seconds = 60.0
    update_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0


class Derives(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A series made of column `value` of the rows: one of `property`, in `unit` (UCUM), of the source in the row."""

    property: Annotated[str, Meta(max_length=200)]
    value: str
    unit: str = "1"


class Orders(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A command at the beginning of each happening, without asking anybody: `policy` is the written decision that
    allows it (who, when, what), and stands in the command as its approval. Only for rules of the city's own file.
    """

    action: str
    target: str
    policy: Annotated[str, Meta(min_length=10, max_length=500)]
    parameters: Mapping[str, float | str | bool] = {}
    expires_s: Seconds = 60.0


class SqlRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule in SQL. `time`: windows by the readings' own times (`event`), up to `late_s` late, and closed by the clock
    when no newer reading has come for `idle_s`; or by when they arrive (`arrival`). At least one of `detection`,
    `series` and `command` says what becomes of its rows.
    """

    id: str
    sql: Annotated[str, Meta(max_length=LARGEST_STATEMENT)]
    text: Annotated[str, Meta(max_length=500)] = ""
    time: Literal["event", "arrival"] = "event"
    late_s: Seconds = 2.0
    idle_s: Seconds = 5.0
    detection: Says | None = None
    series: Derives | None = None
    command: Orders | None = None

    def fingerprint(self) -> str:
        """Text that changes whenever the rule does, so that an old state is not applied to a new rule."""
        return msgspec.json.encode(self, order="deterministic").decode()


class RuleState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one rule is doing. `rule`: its id; `origin`: the city's file, or people while it runs; `runs`: over columns,
    or row by row (`why`); `counts`: rows that it was about, that `passed` its filter, were `late`, could not be
    computed (`faults`, the last with `reason`), were `emitted`; `gone`: it was taken away.
    """

    rule: str
    query: SqlRule
    origin: Literal["file", "people"]
    runs: Literal["columns", "rows"]
    why: str = ""
    counts: Mapping[str, int] = {}
    reason: str = ""
    gone: bool = False


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a rule: in which field, and, in its statement, at which line and column (from 1; else 0)."""

    field: str
    line: int
    column: int
    reason: str


class Checked(msgspec.Struct, frozen=True):
    """What can be said of a rule before it runs. `explain`: its steps, one a line; `columns`: what it puts out."""

    problems: Sequence[Problem]
    runs: Literal["columns", "rows"] = "columns"
    why: str = ""
    explain: str = ""
    columns: Sequence[str] = ()


class Made(msgspec.Struct, frozen=True):
    """One row that a rule put out. `time`: ns UTC."""

    time: int
    row: Mapping[str, Any]


class Trial(msgspec.Struct, frozen=True):
    """What a rule would have done. `made`: the first rows of `total`; `happenings`: how many times people would have
    been told of something new; `readings` that were looked at, in `seconds`; `until`: ns up to which time allowed.
    """

    made: Sequence[Made]
    total: int
    happenings: int
    counts: Mapping[str, int]
    readings: int
    seconds: float
    until: int


class Word(msgspec.Struct, frozen=True):
    """A function of the language, for whoever writes."""

    name: str
    family: str
    role: str
    text: str
    least: int
    most: int | None


class StreamWords(msgspec.Struct, frozen=True):
    """A stream that can be read, and its columns (none: whatever comes)."""

    name: str
    columns: Sequence[Mapping[str, str]]


class RuleWords(msgspec.Struct, frozen=True):
    """What can stand in a rule."""

    streams: Sequence[StreamWords]
    functions: Sequence[Word]
    windows: Sequence[str]
    keywords: Sequence[str]
    kinds: Sequence[str]


class RuleDesk(Protocol):
    """Where rules are worked on without touching those that run. Its calls take time: use a thread."""

    def check(self, rule: SqlRule) -> Checked:
        """What is wrong with a rule, or how it would run."""

    def try_out(self, rule: SqlRule, since: int, until: int) -> Trial:
        """Run it over the history of [since, until) ns. Raises `InputError` for a rule with problems."""

    def words(self) -> RuleWords:
        """For completion."""


def told(state: RuleState, site: str, now: int) -> Observation:
    """The observation that carries a rule's state down the street."""
    return say(RULE_STATE, state.rule, state, site, now)


def read(seen: Observation) -> RuleState | None:
    """The state in an observation; None when it carries something else. Raises `InputError`."""
    return hear(seen, RULE_STATE, RuleState)
