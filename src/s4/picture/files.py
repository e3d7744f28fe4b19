"""Bytes that change seldom: answered with an entity tag, and compressed once instead of for every request."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from s4.picture.endpoint import SMALLEST_GZIP, takes_gzip

LARGEST_FILE: Final = 64 * 1024 * 1024
_COMPRESSED_ALREADY: Final = ("image/png", "image/jpeg", "image/webp", "font/woff", "font/woff2", "video/")


def stamp(path: Path) -> tuple[int, int, int]:
    """What changes when the file does: inode, time of change (ns), size. Raises `OSError` when it is not there."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


async def answer_bytes(request: Request, data: bytes, media: str, caching: str) -> Response:
    """Answer with `data`, or with 304 when the client has them; `caching` is the Cache-Control header."""
    tag, packed = await asyncio.to_thread(_prepare, data, _compressible(media, data))
    headers = {"ETag": tag, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if packed is not None and takes_gzip(request):
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media)
    return Response(data, headers=headers, media_type=media)


def _compressible(media: str, data: bytes) -> bool:
    return len(data) >= SMALLEST_GZIP and not media.startswith(_COMPRESSED_ALREADY)


@lru_cache(maxsize=32)
def _prepare(data: bytes, compress: bool) -> tuple[str, bytes | None]:
    tag = f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'
    return tag, gzip.compress(data, compresslevel=6, mtime=0) if compress else None
