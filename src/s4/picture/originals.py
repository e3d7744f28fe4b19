"""Originals: sealed un-blurred clips, which two people of different offices open together. Each step is audited."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from s4.core.errors import AccessError, ConflictError, InputError
from s4.picture.evidence import find, is_safe
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import Reason, needed
from s4.picture.refusal import not_found
from s4.shield.openings import Consent
from s4.shield.roles import Permission
from s4.shield.sealed import ORIGINAL, Header, Office, read_header, unseal

PICTURES: Final = "application/vnd.s4.original"


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That one person wants an original opened. `share`: of that person's office, unwrapped with their own key."""

    share: Annotated[bytes, Meta(min_length=1, max_length=64)]
    reason: Reason


class Ending(msgspec.Struct, frozen=True):
    """How the pictures of an original end: whether they are all, and else why not."""

    complete: bool
    reason: str = ""


@operation("GET", "/api/evidence/{ref}/original", needs=Permission.OPEN_ORIGINALS)
async def show_original(call: Call[Nothing, Nothing]) -> Header:
    """Whose keys open the original of a clip, and the shares, each sealed to one of those keys.

    Answers 404 when none is kept: the city's description says for which cameras, and for how long.
    """
    return await asyncio.to_thread(read_header, await _place(call))


@operation("POST", "/api/evidence/{ref}/original", needs=Permission.OPEN_ORIGINALS)
async def agree_to_open(call: Call[Nothing, Agreement]) -> Consent:
    """Agree that the original of a clip is opened, with the share of one's office and a reason.

    The first of two consents waits for ten minutes. When another person of the other office agrees, either of them may
    fetch the pictures, once, within ten minutes more. Each consent, and each that was refused, is in the audit log.
    """
    services, person, ref = call.services, call.person, call.path["ref"]
    reason = needed(call.body.reason)
    header = await asyncio.to_thread(read_header, await _place(call))
    try:
        services.openings.check(header, person, call.body.share)
    except (AccessError, ConflictError) as error:
        await services.publisher.decide([], person.actor, "evidence.original.refuse", ref, f"{error}: {reason}"[:2000])
        raise
    await services.publisher.decide([], person.actor, "evidence.original.agree", ref, reason)
    return services.openings.agree(header, person, call.body.share)


@operation("GET", "/api/evidence/{ref}/original/pictures", needs=Permission.OPEN_ORIGINALS, media=PICTURES)
async def fetch_original(call: Call[Nothing, Nothing]) -> Annotated[Response, bytes]:
    """The un-blurred pictures of a clip that two people have agreed to open, once.

    A row of parts: four bytes (big-endian) with the length of a part, then eight bytes with the time (ns UTC) and a
    JPEG. A length of nought is followed by JSON that says whether those were all. The opening is written into the
    audit log before the first byte leaves. Answers 409 when nobody or only one has agreed.
    """
    services, person, ref = call.services, call.person, call.path["ref"]
    path = await _place(call)
    shares = services.openings.take(ref, person)
    await services.publisher.decide([], person.actor, "evidence.original.open", ref, "")
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return StreamingResponse(_parts(path, shares), headers=headers, media_type=PICTURES)


async def _place(call: Call[Nothing, Any]) -> Path:
    services, ref = call.services, call.path["ref"]
    if not is_safe(ref) or await asyncio.to_thread(find, services.archive, ref) is None:
        raise not_found("evidence", ref)
    path = services.evidence / (Path(ref).stem + ORIGINAL)
    if path.is_symlink() or not await asyncio.to_thread(path.is_file):
        raise not_found("original of evidence", ref)
    return path


def _parts(path: Path, shares: Mapping[Office, bytes]) -> Iterator[bytes]:
    ending = Ending(complete=True)
    try:
        for record in unseal(path, shares):
            yield len(record).to_bytes(4, "big") + record
    except InputError as error:
        ending = Ending(complete=False, reason=error.reason)
    yield bytes(4) + msgspec.json.encode(ending)
