"""The operators' page, as it was built from `web/`, and the headers that keep a browser from doing anything else."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from s4.core.errors import S4Error
from s4.picture.files import LARGEST_FILE, answer_bytes, stamp
from s4.picture.refusal import not_found, refuse
from s4.picture.services import PictureServices

_PART: Final = re.compile(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,127}")
_HASHED: Final = re.compile(r"assets/.+-[A-Za-z0-9_-]{8}\.\w+")
_TYPES: Final = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".mjs": "text/javascript",
                 ".geojson": "application/geo+json", ".woff2": "font/woff2", ".webp": "image/webp"}  # fmt: skip

NOT_BUILT: Final = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>s4: the page is not built</title>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em">
<h1>The page is not built</h1>
<p>The platform runs, and its <a href="/api/openapi.json">HTTP API</a> answers, but the operators' page is missing.
Build it with <code>make web</code> in the checkout and load this again.</p>
</body>
</html>
"""


def page_routes(services: PictureServices) -> list[Route]:
    """The routes of the page; they take every address that is left, so they come last."""

    async def endpoint(request: Request) -> Response:
        name = request.path_params.get("path") or "index.html"
        try:
            data, media = await asyncio.to_thread(read_file, services.page, name)
        except S4Error as error:
            return refuse(error) if name != "index.html" else Response(NOT_BUILT, 503, media_type="text/html")
        caching = "public, max-age=31536000, immutable" if _HASHED.fullmatch(name) else "no-cache"
        return await answer_bytes(request, data, media, caching)

    return [Route("/", endpoint, name="page"), Route("/{path:path}", endpoint, name="page_file")]


def read_file(folder: Path, name: str) -> tuple[bytes, str]:
    """(bytes, media type) of a file of the page. Raises `RefusalError` 404 for anything outside the folder. Blocks."""
    path = folder.joinpath(*name.split("/"))
    if not all(_PART.fullmatch(part) for part in name.split("/")) or path.is_symlink() or not path.is_file():
        raise not_found("page", name)
    media = _TYPES.get(path.suffix) or guess_type(path.name)[0] or "application/octet-stream"
    return _read(path, stamp(path)), media


@lru_cache(maxsize=64)
def _read(path: Path, mark: tuple[int, int, int]) -> bytes:
    if mark[2] > LARGEST_FILE:
        raise not_found("page", path.name)
    return path.read_bytes()


def content_security_policy(map_hosts: tuple[str, ...] = ()) -> str:
    """What the page may do: only its own scripts, talk only to us.

    The map's renderer starts its worker from a blob, and draws images from blobs and data addresses. Inline styles
    are allowed, since the widgets set positions by them; inline scripts are not. `map_hosts`: where a base map may come
    from.
    """
    hosts = "".join(f" {host}" for host in map_hosts)
    rules = {
        "default-src": "'self'",
        "script-src": "'self'",
        "worker-src": "'self' blob:",
        "child-src": "'self' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob:{hosts}",
        "connect-src": f"'self'{hosts}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class SecurityHeaders:
    """ASGI middleware: every answer says that it is what it says, that nobody may frame it, and what a page may do."""

    def __init__(self, app: ASGIApp, map_hosts: tuple[str, ...] = ()) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(map_hosts),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
