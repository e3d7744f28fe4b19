"""Unfinished: what becomes of a clip when the process that makes it stops or dies: it ends there, and is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, S4Error
from s4.core.ids import derive_id
from s4.core.model import Detection, Evidence
from s4.core.ports import Vault
from s4.detection.video.evidence.movie import mended
from s4.detection.video.evidence.original import piece_of
from s4.shield.sealed import ORIGINAL, read_header

FILM: Final = ".mp4"

_log: Final = logging.getLogger(__name__)


class Begun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is noted of a clip while it is made. `start`: of its first picture, ns UTC; `heard`: what happens in it."""

    ref: str
    title: str
    start: int
    heard: tuple[Detection, ...] = ()


def take_up(vault: Vault, source: str) -> Iterator[tuple[Evidence, Sequence[Detection]]]:
    """The clips of a camera that an earlier run left unfinished: each is kept as far as it goes, and given with what
    happened in it. One that shows nothing is deleted.
    """
    for draft, data in vault.unfinished(source):
        try:
            if draft.suffix == ORIGINAL:
                _keep_original(vault, draft, source)
            else:
                yield _keep_clip(vault, draft, source, data)
        except (S4Error, OSError) as error:
            _log.warning("no evidence of %s from what was left unfinished: %s", source, error)
        finally:
            vault.discard(draft)


def film_of(vault: Vault, draft: Path, source: str, begun: Begun) -> Evidence:
    """Make the draft of a clip, a film in pieces, a usual one, and keep it. Raises `S4Error` when it shows nothing."""
    whole = vault.draft(FILM)
    try:
        last = mended(draft, whole)
        end = begun.start + round(last * NS_PER_S)
        return vault.keep(
            whole, Evidence(f"{begun.ref}{FILM}", "clip", "video/mp4", "", begun.start, end, begun.title), source
        )
    finally:
        vault.discard(whole)


def told(heard: Iterable[Detection], evidence: Evidence, now: int) -> list[Detection]:
    """What was last said of each happening, once more, with evidence of it."""
    return [
        msgspec.structs.replace(
            last,
            id=derive_id("det", "video", "evidence", last.happening, evidence.ref),
            phase="end" if last.phase == "end" else "update",
            time=max(now, last.time),
            evidence=(evidence,),
        )
        for last in heard
    ]


def _keep_clip(vault: Vault, draft: Path, source: str, data: bytes) -> tuple[Evidence, Sequence[Detection]]:
    try:
        begun = msgspec.json.decode(data, type=Begun)
    except msgspec.DecodeError as error:
        raise InputError(f"the note of a clip is none: {error}") from error
    return film_of(vault, draft, source, begun), begun.heard


def _keep_original(vault: Vault, draft: Path, source: str) -> None:
    about = read_header(draft).about
    vault.keep(draft, piece_of(about, about.start), source)
