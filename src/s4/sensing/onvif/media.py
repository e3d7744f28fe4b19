"""Where a camera's streams are: its profiles, each with size, rate and coding, and the address to play it from.

Sources: ONVIF Core Specification (device service, authentication), ONVIF Media Service Specification (version 10).
"""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from s4.core.clock import Clock, parse_time
from s4.core.errors import InputError, ServiceError
from s4.sensing.services import soap

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
SCHEMA: Final = "http://www.onvif.org/ver10/schema"
MOST: Final = 32
_STREAM: Final = re.compile(r"(?:rtsps?|https?)://\S{1,1000}")
_PLAYED: Final = "RTP-Unicast"


class Stream(NamedTuple):
    """A stream that a camera offers. `profile`: the camera's own name for it; `width`, `height`: px, `fps`: pictures a
    second, 0 where it does not say; `url`: without user and password.
    """

    profile: str
    width: int
    height: int
    fps: float
    coding: str
    url: str


class OnvifCamera:
    """One camera's device service. Every method asks it anew and raises `ServiceError` when it does not answer,
    refuses, or answers what cannot be used.

    `url`: of the device service, mostly `http://<host>/onvif/device_service`; `user`, `password`: sent as a digest.
    Addresses in its answers are taken with the host that was configured: devices behind address translation name one
    that cannot be reached, and a false one must not lead us elsewhere.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        user: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        self._url, self._user, self._password = url, user, password
        self._clock, self._tls, self._timeout_s = clock, tls, timeout_s
        self._ahead: int | None = None

    def streams(self) -> list[Stream]:
        """All that can be played, one at least, the largest first. Cost: two questions, one more for each profile."""
        media = self._media()
        profiles = self._ask(media, f"{MEDIA}/GetProfiles", f'<GetProfiles xmlns="{MEDIA}"/>')
        found = [self._stream(media, profile) for profile in profiles.findall(f".//{{{MEDIA}}}Profiles")[:MOST]]
        if not found:
            raise ServiceError(f"{self._url}: offers no stream")
        return sorted(found, key=lambda stream: -stream.width * stream.height)

    def with_secret(self, url: str) -> str:
        """The address with user and password in it, as FFmpeg wants it: for no log."""
        parts = urlsplit(url)
        if not self._user:
            return url
        entry = f"{quote(self._user, safe='')}:{quote(self._password, safe='')}@"
        return urlunsplit(parts._replace(netloc=entry + parts.netloc))

    def _media(self) -> str:
        body = f'<GetCapabilities xmlns="{DEVICE}"><Category>Media</Category></GetCapabilities>'
        answer = self._ask(self._url, f"{DEVICE}/GetCapabilities", body)
        address = _text(answer, f".//{{{SCHEMA}}}Media/{{{SCHEMA}}}XAddr")
        if not re.fullmatch(r"https?://\S{1,1000}", address):
            raise ServiceError(f"{self._url}: names no media service")
        there, here = urlsplit(address), urlsplit(self._url)
        return urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))

    def _stream(self, media: str, profile: Element) -> Stream:
        token = profile.get("token", "")[:100]
        coder = f"{{{SCHEMA}}}VideoEncoderConfiguration/{{{SCHEMA}}}"
        resolution = f"{coder}Resolution/{{{SCHEMA}}}"
        body = (
            f'<GetStreamUri xmlns="{MEDIA}"><StreamSetup><Stream xmlns="{SCHEMA}">{_PLAYED}</Stream>'
            f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
            f"<ProfileToken>{escape(token)}</ProfileToken></GetStreamUri>"
        )
        answer = self._ask(media, f"{MEDIA}/GetStreamUri", body)
        return Stream(
            token,
            int(_number(_text(profile, f"{resolution}Width"))),
            int(_number(_text(profile, f"{resolution}Height"))),
            _number(_text(profile, f"{coder}RateControl/{{{SCHEMA}}}FrameRateLimit")),
            _text(profile, f"{coder}Encoding")[:40],
            self._playable(_text(answer, f".//{{{SCHEMA}}}Uri")),
        )

    def _playable(self, address: str) -> str:
        if not _STREAM.fullmatch(address):
            raise ServiceError(f"{self._url}: offers a stream that cannot be played")
        parts, host = urlsplit(address), urlsplit(self._url).hostname or ""
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise ServiceError(f"{self._url}: offers a stream at no port") from error
        return urlunsplit(parts._replace(netloc=f"[{host}]{port}" if ":" in host else f"{host}{port}"))

    # Asking

    def _ask(self, url: str, action: str, body: str) -> Element:
        if self._ahead is None:
            self._ahead = self._clock_ahead() if self._user else 0
        now = self._clock.now() + self._ahead
        return self._post(url, action, soap.envelope(action, url, body, self._user, self._password, now))

    def _clock_ahead(self) -> int:
        """How far the camera's clock is ahead of ours, ns: it may refuse a digest by our time. 0 when untold."""
        action = f"{DEVICE}/GetSystemDateAndTime"
        body = soap.envelope(action, self._url, f'<GetSystemDateAndTime xmlns="{DEVICE}"/>', "", "", self._clock.now())
        utc = self._post(self._url, action, body).find(f".//{{{SCHEMA}}}UTCDateTime")
        if utc is None:
            return 0
        year, month, day, hour, minute, second = (
            int(_number(_text(utc, f"{{{SCHEMA}}}{part}/{{{SCHEMA}}}{name}")))
            for part, name in [("Date", "Year"), ("Date", "Month"), ("Date", "Day"),
                               ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second")]
        )  # fmt: skip
        try:
            there = parse_time(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
        except InputError:
            return 0
        return there - self._clock.now()

    def _post(self, url: str, action: str, content: bytes) -> Element:
        head = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"', "Connection": "close"}
        try:
            parts = urlsplit(url)
            line = self._line(parts.scheme, parts.hostname or "", parts.port)
            try:
                line.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", content, head)
                answer = line.getresponse()
                data = answer.read(soap.LARGEST + 1)
            finally:
                line.close()
            if answer.status not in {200, 400, 500}:  # the latter two carry a fault that says more
                raise InputError(f"the answer is {answer.status} {answer.reason[:50]}")
            return soap.parse(data)
        except (OSError, http.client.HTTPException, ValueError, InputError) as error:
            raise ServiceError(f"{url}: {str(error) or type(error).__name__}"[:500].replace("\n", " ")) from error

    def _line(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)


def choose(streams: Sequence[Stream], width: int) -> Stream:
    """The smallest stream that is at least `width` px wide, else the largest; of those that are alike the first.
    `streams` are one at least.

    >>> main, sub = Stream("a", 1920, 1080, 25, "H264", "rtsp://x/1"), Stream("b", 640, 360, 10, "H264", "rtsp://x/2")
    >>> choose([main, sub], 640).profile, choose([main, sub], 960).profile, choose([main, sub], 4000).profile
    ('b', 'a', 'a')
    """
    enough = [stream for stream in streams if stream.width >= width]
    if enough:
        return min(enough, key=lambda stream: stream.width * stream.height)
    return max(streams, key=lambda stream: stream.width * stream.height)


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) else 0.0
