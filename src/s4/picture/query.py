"""What may stand behind the question mark of an address, and in the body of a request."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError

Instant = Annotated[int, Meta(ge=0, le=2**62, description="ns UTC since 1970")]
Reason = Annotated[str, Meta(max_length=2000, pattern="^[^\\x00]*$", description="Why, in your own words")]
LONGEST_WINDOW_NS = 400 * 86_400 * NS_PER_S


class AtQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The instant to look back to."""

    at: Annotated[int, Meta(ge=0, le=2**62, description="As known at this instant, ns UTC; now if left out")] | None = (
        None
    )


class WindowQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of time in equal parts."""

    start: Instant
    end: Instant
    bins: Annotated[int, Meta(ge=1, le=2000, description="How many equal parts")] = 120

    def __post_init__(self) -> None:
        check_window(self.start, self.end)


class SeriesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a series; the last hour if left out."""

    start: Instant | None = None
    end: Instant | None = None
    points: Annotated[int, Meta(ge=1, le=5000, description="At most so many points")] = 600

    def window(self, now: int) -> tuple[int, int]:
        """(start, end) ns. Raises `InputError` when the end is not after the start."""
        end = now if self.end is None else self.end
        start = max(0, end - 3600 * NS_PER_S) if self.start is None else self.start
        check_window(start, end)
        return start, end


class StreamQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on."""

    after: (
        Annotated[int, Meta(ge=0, le=2**63 - 1, description="Resume after this cursor; from now on if left out")] | None
    ) = None


class AuditQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the audit log."""

    target: (
        Annotated[str, Meta(max_length=200, pattern="^[^\\x00]*$", description="Only entries about this id")] | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="At most so many entries, the newest")] = 1000


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either the `token` of a login link, or a `user` and that user's `secret`."""

    token: Annotated[str, Meta(max_length=512)] = ""
    user: Annotated[str, Meta(max_length=64)] = ""
    secret: Annotated[str, Meta(max_length=512)] = ""


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `revision` that the person saw, so that nobody approves what they have not read."""

    revision: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    reason: Reason = ""


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `revision` that the person saw, and why not."""

    revision: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    reason: Reason


class Remark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, where that may be left out."""

    reason: Reason = ""


class Admission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device is that is let in: the `profile` of its kind (may be left out), where it stands, its name."""

    profile: Annotated[str, Meta(max_length=64)] = ""
    site: Annotated[str, Meta(max_length=64)] = ""
    name: Annotated[str, Meta(max_length=100, pattern="^[^\\x00-\\x1f]*$")] = ""
    reason: Reason = ""


class DeviceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device is told to do. The same `key` is the same order: sent twice, it is carried out once."""

    action: Annotated[str, Meta(min_length=1, max_length=64)]
    parameters: dict[str, float | str | bool] = {}
    reason: Reason = ""
    key: Annotated[str, Meta(max_length=64)] = ""


def check_window(start: int, end: int) -> None:
    """Raise `InputError` unless [start, end) is a stretch of at most 400 days.

    >>> check_window(5, 5)
    Traceback (most recent call last):
    s4.core.errors.InputError: end: must be after start
    """
    if end <= start:
        raise InputError("must be after start", field="end")
    if end - start > LONGEST_WINDOW_NS:
        raise InputError("must be within 400 days of start", field="end")


def needed(reason: str) -> str:
    """The reason, trimmed. Raises `InputError` when there is none."""
    if not reason.strip():
        raise InputError("say why", field="reason")
    return reason.strip()
