"""The error family: every complaint about input knows its file, line, field and reason.

S4Error
├── InputError      what somebody gave us is wrong (exit code 1 on the command line)
├── ConfigError     the city's configuration is wrong (an InputError)
├── AccessError     who asks may not do this
├── CapacityError   a bound was reached: size, rate, queue
├── ConflictError   the thing was decided or changed by somebody else meanwhile
└── ServiceError    a service that we need (bus, store, camera) does not answer
"""

from __future__ import annotations


class S4Error(Exception):
    """Root of every error that s4 raises on purpose. The text is one line, for a person."""


class InputError(S4Error):
    """Input that cannot be used, and where in it the fault stands.

    `line` counts from 1, `column` from 1; `field` is a dotted path (`site[0].place.lat`).

    >>> str(InputError("is not a number", file="rows.jsonl", line=3, field="value"))
    'rows.jsonl, line 3, value: is not a number'
    """

    def __init__(
        self,
        reason: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
    ) -> None:
        self.reason = reason
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        where = [_one_line(self.file)] if self.file else []
        if self.line is not None:
            where.append(f"line {self.line}" + (f" column {self.column}" if self.column is not None else ""))
        if self.field:
            where.append(self.field)
        return f"{', '.join(where)}: {self.reason}" if where else self.reason

    def at(self, *, file: str | None = None, line: int | None = None, field: str | None = None) -> InputError:
        """The same complaint with the place filled in by whoever knows it.

        >>> str(InputError("is not JSON").at(file="a.jsonl", line=7))
        'a.jsonl, line 7: is not JSON'
        """
        return type(self)(
            self.reason,
            file=file or self.file,
            line=line if line is not None else self.line,
            column=self.column,
            field=field or self.field,
        )


def _one_line(name: str) -> str:
    """A file's name may hold anything but a slash: what cannot be printed stands as it is written in code."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in name)


class ConfigError(InputError):
    """The city's configuration cannot be used."""


class AccessError(S4Error):
    """Whoever asks is unknown, or may not do this."""


class CapacityError(S4Error):
    """A declared bound (size, rate, queue length) was reached; nothing was taken."""


class ConflictError(S4Error):
    """The thing was decided or changed meanwhile; look again before you decide."""


class ServiceError(S4Error):
    """A service that s4 needs (bus, store, camera, device) does not answer."""
