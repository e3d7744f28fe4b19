"""Walking over a statement's tokens: look, take, demand, complain. What every part of the grammar stands on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from s4.edge.sql.tokens import KEYWORDS, StatementError, Text, Token, tokenize
from s4.edge.sql.tree import At

DEEPEST: Final = 64
"""How many brackets may stand in one another."""


class Cursor:
    """The tokens of one text, and how far they have been read. One statement, one thread."""

    def __init__(self, text: str) -> None:
        self.text = Text(text)
        self.tokens = tokenize(self.text)
        self.place = 0
        self.token = self.tokens[0]
        self.kind = self.token.kind
        self._depth = 0

    def step(self) -> Token:
        """Take the token that is next, whatever it is."""
        taken = self.token
        if taken.kind != "end":
            self.place += 1
            self.token = self.tokens[self.place]
            self.kind = self.token.kind
        return taken

    def ahead(self, steps: int = 1) -> str:
        """The kind of a token further on."""
        return self.tokens[min(self.place + steps, len(self.tokens) - 1)].kind

    def take(self, kind: str) -> bool:
        """Take the next token if it is of that kind."""
        if self.kind != kind:
            return False
        self.step()
        return True

    def demand(self, kind: str, reason: str) -> Token:
        """Take a token of that kind, or raise `StatementError` with the reason and what was found."""
        if self.kind != kind:
            raise self.found(reason)
        return self.step()

    def name(self, what: str) -> str:
        """Take a name. A keyword in its place is told apart, because backticks make it one."""
        if self.kind in KEYWORDS:
            said = self.token.value
            raise self.error(f"expected {what}; {said} is a word of the language, write `{said}` to use it as a name")
        return str(self.demand("name", f"expected {what}").value)

    def says(self, word: str) -> bool:
        """Whether the next token is this word, one of those that are only words in their place (CREATE, WITH)."""
        return self.kind == "name" and str(self.token.value).upper() == word

    def at(self) -> At:
        """Where the next token stands."""
        return self.text.at(self.token.start)

    def found(self, reason: str, hint: str = "") -> StatementError:
        """A complaint at the next token that says what stands there, and what may have been meant."""
        if self.kind == "end":
            return self.error(f"{reason}, but the text ends here")
        said = self.text.text[self.token.start : self.token.end]
        return self.error(f"{reason}, found {said if len(said) <= 40 else said[:37] + '...'}{hint}")

    def error(self, reason: str) -> StatementError:
        """A complaint at the next token."""
        return self.text.error(reason, self.token.start)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One more pair of brackets. Bounded, so that no text can exhaust the stack."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error(f"more than {DEEPEST} brackets stand in one another here")
        yield
        self._depth -= 1

    def finish(self) -> None:
        """Demand the end, after one semicolon or none. What stands there may be a clause misspelled."""
        self.take(";")
        if self.kind != "end":
            raise self.found("expected the end of the statement", _elsewhere(self.token))


_CLAUSES: Final = (
    "AS",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "LEFT",
    "RIGHT",
    "FULL",
    "INNER",
    "CROSS",
)
_ELSEWHERE: Final = {
    "IS": "; whether a value is null is asked with isnull(…)",
    "UNION": "; a rule is one SELECT",
    ",": "; streams are joined with INNER, LEFT, RIGHT, FULL or CROSS JOIN",
}


def _elsewhere(token: Token) -> str:
    """A hint for those who know another dialect of SQL, or who mistyped."""
    said = str(token.value).upper()
    hint = _ELSEWHERE.get(said, "")
    if hint or token.kind != "name":
        return hint
    from s4.edge.sql.near import meant

    return meant(said, _CLAUSES)
