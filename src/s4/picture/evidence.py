"""Evidence: anonymised files that facts refer to. Each look at one is written into the audit log first."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from starlette.responses import FileResponse, Response

from s4.core.archive import Archive
from s4.core.errors import InputError, ServiceError
from s4.core.model import Detection, Evidence, Incident
from s4.picture.operation import Call, Nothing, operation
from s4.picture.refusal import RefusalError, not_found
from s4.shield.roles import Permission
from s4.shield.vault import Proof, proof_path, read_proof

MOST: Final = 10_000
SHOWN: Final = frozenset({
    "image/png", "image/jpeg", "image/webp", "video/mp4", "video/webm", "text/plain", "application/json",
})  # fmt: skip
"""Types that a browser may show; anything else is offered as a download, so that it cannot run as a page of ours."""
_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}(?:\.[A-Za-z0-9_-]{1,12}){0,3}")


@operation("GET", "/api/evidence/{ref}", needs=Permission.SEE_EVIDENCE, media="application/octet-stream")
async def show_evidence(call: Call[Nothing, Nothing]) -> Annotated[Response, bytes]:
    """The bytes of a piece of evidence, with the media type that the fact gave it; ranges are served.

    Only anonymised files that some fact refers to, unchanged since (SHA-256), are served. The look is written into the
    audit log before the first byte leaves.
    """
    services, ref = call.services, call.path["ref"]
    if not is_safe(ref):
        raise not_found("evidence", ref)
    found = await asyncio.to_thread(find, services.archive, ref)
    if found is None:
        raise not_found("evidence", ref)
    if not found.evidence.anonymised:
        raise RefusalError(403, "this evidence is not anonymised and does not leave its site")
    path = await asyncio.to_thread(checked, services.evidence, found.evidence, found.site)
    await services.publisher.decide([], call.person.actor, "evidence.look", ref, "")
    media = found.evidence.media_type if found.evidence.media_type in SHOWN else "application/octet-stream"
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
    kind = "inline" if media in SHOWN else "attachment"
    return FileResponse(path, headers=headers, media_type=media, filename=ref, content_disposition_type=kind)


@operation("GET", "/api/evidence/{ref}/proof", needs=Permission.SEE_EVIDENCE)
async def show_evidence_proof(call: Call[Nothing, Nothing]) -> Proof:
    """What was signed when a piece of evidence was kept: its hash, time and camera, with the site's signature.

    `signature` (Ed25519, base64) is of the bytes of `statement`. Compare `key` with the site's public key that you hold
    from another hand.
    """
    services, ref = call.services, call.path["ref"]
    if not is_safe(ref) or await asyncio.to_thread(find, services.archive, ref) is None:
        raise not_found("evidence", ref)
    try:
        return await asyncio.to_thread(read_proof, proof_path(services.evidence / ref))
    except OSError as error:
        raise not_found("proof of evidence", ref) from error
    except InputError as error:
        raise ServiceError(f"the proof of {ref} cannot be read") from error


def is_safe(ref: str) -> bool:
    """Whether `ref` is a plain file name that stays in its folder.

    >>> is_safe("clip-7.mp4"), is_safe("../clip-7.mp4"), is_safe(".hidden")
    (True, False, False)
    """
    return _SAFE.fullmatch(ref) is not None


class Found(NamedTuple):
    """A piece of evidence that a fact refers to, and the `site` where it came about."""

    evidence: Evidence
    site: str


def find(archive: Archive, ref: str) -> Found | None:
    """What the newest facts say of the evidence `ref`. Blocks; looks through the last 10 000 facts of each word."""
    facts: Iterable[Incident | Detection] = chain(
        archive.known(Incident, limit=MOST),
        # the second query runs only when no incident holds it
        (detection for _ in (0,) for detection in archive.known(Detection, limit=MOST)),
    )
    return next((Found(one, fact.site) for fact in facts for one in fact.evidence if one.ref == ref), None)


def checked(folder: Path, evidence: Evidence, site: str = "") -> Path:
    """The file, once its bytes are what the fact says. Raises `RefusalError` 404 or `ServiceError`. Blocks.

    `site`: where it came about. An edge site keeps its files to itself, so that is where to look for it.
    """
    path = folder / evidence.ref
    if path.is_symlink() or not path.is_file():
        where = f"; it came about at the site {site[:80]!r}: look there" if site else ""
        raise RefusalError(404, f"the file of evidence {evidence.ref[:80]!r} is not here, or no longer{where}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != evidence.sha256.lower():
        raise ServiceError("the file of this evidence is not the one that was recorded")
    return path
