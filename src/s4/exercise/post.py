"""Devices that speak HTTP: batches of NDJSON to `POST /ingest/<device>`, each with its own credential."""

from __future__ import annotations

import asyncio
import http.client
from collections import deque
from typing import Final
from urllib.parse import urlsplit

from s4.core.errors import ServiceError
from s4.core.logs import get_logger

MOST_WAITING: Final = 2_000
MOST_AT_ONCE: Final = 200
_LOG = get_logger("s4.exercise")


class Poster:
    """Sends one device's records in order; keeps them while the server is away. `rejected`: what it refused."""

    def __init__(self, url: str, device: str, secret: str) -> None:
        self._url, self.device, self._secret = urlsplit(url), device, secret
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self.accepted = 0
        self.rejected = 0

    def send(self, record: bytes) -> None:
        """Queue one JSON object."""
        self._waiting.append(record)
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled, trying again after 0.3 s, then up to every 5 s."""
        pause = 0.3
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting[i] for i in range(min(MOST_AT_ONCE, len(self._waiting)))]
                try:
                    status = await asyncio.to_thread(self._post, b"\n".join(batch) + b"\n")
                except (OSError, http.client.HTTPException, ServiceError) as error:
                    _LOG.debug("server away", device=self.device, reason=str(error))
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.7, 5.0)
                    continue
                pause = 0.3
                self._done(batch, status)

    def _done(self, batch: list[bytes], status: int) -> None:
        for _ in batch:
            self._waiting.popleft()
        if status < 300:
            self.accepted += len(batch)
        else:
            self.rejected += len(batch)
            _LOG.warning("records refused", device=self.device, status=status, records=len(batch))

    def _post(self, body: bytes) -> int:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        link = kind(self._url.hostname or "", self._url.port, timeout=10)
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/x-ndjson"}
        try:
            link.request("POST", f"{self._url.path.rstrip('/')}/ingest/{self.device}", body, headers)
            status = link.getresponse().status
        finally:
            link.close()
        if status >= 500 or status in {401, 403, 408, 429}:
            raise ServiceError(f"HTTP {status}")
        return status
