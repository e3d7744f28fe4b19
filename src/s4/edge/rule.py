"""What a rule says: which readings or events it looks at, when it fires, and what it then states."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from s4.core.model import Severity

Aggregate = Literal["mean", "max", "min", "count", "sum", "rate"]
Matcher = dict[str, str | float | bool]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Level = float | str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One `[[rule]]`, checked by `rulefile.load_rules`.

    `property`, `sources` (ids or patterns with `*`): what it looks at; `kind`: the detection it raises;
    `over`/`under`, `clear`: levels in `unit` (UCUM), or texts with a unit of their own ("36 km/h"): it fires beyond
    the first and ends once back at the second; `hold_s`: beyond for so long before it fires; `update_s`: how often
    it says that it goes on; `window_s`, `aggregate`: judge tumbling windows of event time instead of single readings
    (`rate` is the change per second from the window's first to its last reading); `late_s`: how much later than a
    newer one a reading may come and still count in its window; `match`, `end_match`: fields of an observation's body
    that start and end a happening; `confidence`: probability that what it states is true.
    """

    id: str
    property: str
    kind: str
    text: str
    sources: tuple[str, ...] = ("*",)
    unit: str = ""
    over: Level | None = None
    under: Level | None = None
    clear: Level | None = None
    hold_s: Seconds = 0.0
    update_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    window_s: Annotated[float, Meta(ge=0.1, le=86_400)] | None = None
    aggregate: Aggregate | None = None
    late_s: Seconds = 2.0
    match: Matcher | None = None
    end_match: Matcher | None = None
    severity: Severity | None = None
    confidence: Annotated[float, Meta(gt=0, lt=1)] = 0.9

    def looks_at(self, source: str, property: str) -> bool:
        """Whether the rule is about this property of this source.

        >>> Rule("hot", "temperature", "fire", "Hot", sources=("tunnel-*",)).looks_at("tunnel-3", "temperature")
        True
        """
        return property == self.property and any(fnmatchcase(source, pattern) for pattern in self.sources)

    def fingerprint(self) -> str:
        """Text that changes whenever the rule does, so that an old state is not applied to a new rule."""
        return msgspec.json.encode(self, order="deterministic").decode()
