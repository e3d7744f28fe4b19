"""The audit log's hash chain: each entry is sealed together with the one before it, so that no later change hides.

Pure functions; the store keeps the entries. What the chain proves: nothing was changed, taken out of the middle,
inserted or reordered since the entries were sealed. What it cannot prove by itself: that the newest entries were not
cut off, or that the whole chain was not written anew by somebody who holds the database. Against both, keep the number
and the hash of the newest entry somewhere else now and then and hand them to `verify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from s4.core.archive import AuditEntry

GENESIS: Final = "0" * 64
"""What the first entry names as the hash of the one before it."""


class Broken(msgspec.Struct, frozen=True):
    """Where a chain breaks: the number of the first entry that is wrong or missing, and why."""

    number: int
    reason: str


def canonical(entry: AuditEntry) -> bytes:
    """Everything that the seal covers: each field but `hash`, as length-prefixed UTF-8.

    Lengths come first, so that no two different entries have the same bytes.

    >>> entry = seal(None, time=5, actor="ana", action="approve", target="rec-1")
    >>> canonical(entry)[:10]
    b'1:11:53:an'
    """
    fields = (
        str(entry.number), str(entry.time), entry.actor, entry.action, entry.target, entry.reason, entry.detail,
        entry.previous,
    )  # fmt: skip
    encoded = [field.encode("utf-8", "surrogatepass") for field in fields]
    return b"".join(str(len(field)).encode() + b":" + field for field in encoded)


def digest(entry: AuditEntry) -> str:
    """SHA-256, in hex, over the entry before it (its hash) and the entry."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def seal(
    last: AuditEntry | None, *, time: int, actor: str, action: str, target: str, reason: str = "", detail: str = ""
) -> AuditEntry:
    """The next entry after `last` (None: the first), numbered and sealed. `time`: ns UTC.

    >>> first = seal(None, time=5, actor="ana", action="approve", target="rec-1")
    >>> second = seal(first, time=6, actor="ana", action="reject", target="rec-2", reason="too early")
    >>> second.number, second.previous == first.hash, verify([first, second])
    (2, True, None)
    """
    number, previous = (1, GENESIS) if last is None else (last.number + 1, last.hash)
    entry = AuditEntry(number, time, actor, action, target, reason, detail, previous, hash="")
    return msgspec.structs.replace(entry, hash=digest(entry))


def verify(entries: Iterable[AuditEntry], *, head: tuple[int, str] | None = None) -> Broken | None:
    """The first entry at which the chain breaks, or None. `entries`: all of them, oldest first.

    `head`: (number, hash) of an entry noted down earlier; the chain must still hold it. Cost: about 3 µs an entry.

    >>> first = seal(None, time=5, actor="ana", action="approve", target="rec-1")
    >>> verify([msgspec.structs.replace(first, actor="bob")]).number
    1
    """
    number, previous = 0, GENESIS
    for entry in entries:
        number += 1
        reason = _fault(entry, number, previous) or _differs(entry, head)
        if reason:
            return Broken(number, reason)
        previous = entry.hash
    if head is not None and head[0] > number:
        return Broken(number + 1, f"the log ends at entry {number}, but entry {head[0]} was noted down")
    return None


def _fault(entry: AuditEntry, number: int, previous: str) -> str:
    if entry.number != number:
        return f"entry {number} is missing: entry {entry.number} stands in its place"
    if entry.previous != previous:
        return f"entry {number} does not follow the entry before it"
    if entry.hash != digest(entry):
        return f"entry {number} was changed after it was sealed"
    return ""


def _differs(entry: AuditEntry, head: tuple[int, str] | None) -> str:
    if head is not None and entry.number == head[0] and entry.hash != head[1]:
        return f"entry {entry.number} is not the one that was noted down"
    return ""
