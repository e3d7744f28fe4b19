"""How every rule in SQL is doing, as the edge last said: what the picture reads."""

from __future__ import annotations

from s4.core.rules import RuleState, read
from s4.core.subjects import RULE_STATE
from s4.runtime.last_said import LastSaid


class RuleBook(LastSaid[RuleState]):
    """The last state of each rule."""

    def __init__(self) -> None:
        super().__init__(RULE_STATE, read, lambda state: state.rule)
