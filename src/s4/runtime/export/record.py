"""What the audit log is told of exports: when one begins, is changed, or ends."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from s4.core.export import Export
from s4.runtime.export.spill import SpillBox
from s4.runtime.recorder import Recorder

_ACTOR: Final = "s4"
_WHERE: Final = ("url", "servers", "path", "topic")
_SETTINGS: Final = "settings"
_ENDED: Final = "ended"


def in_words(export: Export) -> str:
    """What leaves, and to where; no setting that could hold a secret, no query of an address.

    >>> in_words(Export("lake", "parquet", ("observation",), sources=("co2-*",), options={"path": "/srv/lake"}))
    'observation by parquet to path=/srv/lake; sources=co2-*'
    """
    where = [f"{name}={str(export.options[name]).partition('?')[0]}" for name in _WHERE if name in export.options]
    said = f"{', '.join(export.words)} by {export.target} to {' '.join(where) or 'its target'}"
    for name in ("sites", "sources", "properties", "kinds"):
        if (globs := getattr(export, name)) != ("*",):
            said += f"; {name}={', '.join(globs)}"
    return said + (f"; encrypted with {export.encrypt.key_id}" if export.encrypt else "")


async def record_start(export: Export, box: SpillBox, recorder: Recorder) -> None:
    """Enter into the audit log that an export begins, or that it has changed; nothing when it is the same."""
    mark = hashlib.sha256(msgspec.json.encode(export, order="deterministic")).hexdigest()
    before = await asyncio.to_thread(box.note, _SETTINGS)
    if before == mark:
        return
    action = "export.change" if before not in ("", _ENDED) else "export.start"
    await recorder.decide([], _ACTOR, action, export.id, in_words(export)[:1000])
    await asyncio.to_thread(box.note, _SETTINGS, mark)


async def record_ends(folder: Path, here: Collection[str], recorder: Recorder) -> None:
    """Enter into the audit log which exports are no longer in the city's description. What they kept stays on disk."""
    for path in sorted(folder.glob("*.sqlite")):
        if path.stem in here:
            continue
        box = await asyncio.to_thread(SpillBox, path, 1)
        try:
            if await asyncio.to_thread(box.note, _SETTINGS) not in ("", _ENDED):
                waiting = await asyncio.to_thread(box.waiting)
                reason = f"no longer described; {waiting.rows} rows were waiting"
                await recorder.decide([], _ACTOR, "export.end", path.stem, reason)
                await asyncio.to_thread(box.note, _SETTINGS, _ENDED)
        finally:
            await asyncio.to_thread(box.close)
