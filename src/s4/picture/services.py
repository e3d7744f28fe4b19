"""What the picture needs of the rest of the system, handed in by whoever puts the system together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from s4.core.archive import Archive, Feed, Publisher, Readings
from s4.core.city import City
from s4.core.clock import Clock, RealClock
from s4.core.live import Live
from s4.core.register import Register
from s4.core.replays import ReplayDesk
from s4.core.rules import RuleDesk
from s4.core.zones import ZoneBook
from s4.picture.streams import Streams
from s4.shield.credentials import Credentials
from s4.shield.failures import FailureLimit
from s4.shield.openings import Openings
from s4.shield.sessions import Sessions

PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class PictureServices:
    """Everything that the HTTP API stands on.

    `clock`: the city's (it may be simulated; sessions and failures keep the machine's); `evidence`: the folder of
    anonymised files, named by their `ref`; `map_file`: GeoJSON of the city, None for an empty map; `page`: the built
    front end; `origins`: further addresses under which browsers reach this server (`https://picture.example.org`),
    needed behind a proxy that changes the host; `map_hosts`: where a base map may be fetched from, none by default;
    `register`: the devices that may speak; `desk`: where rules in SQL are checked and tried; `live`: the cameras as
    they are now; `zones`: which hold in their pictures; `replays`: where recordings
    are run again; `openings`: of sealed originals, under way (machine's clock).
    """

    archive: Archive
    readings: Readings
    feed: Feed
    publisher: Publisher
    city: City
    clock: Clock
    sessions: Sessions
    credentials: Credentials
    failures: FailureLimit
    evidence: Path
    register: Register
    desk: RuleDesk
    live: Live
    zones: ZoneBook
    replays: ReplayDesk
    map_file: Path | None = None
    page: Path = PAGE
    streams: Streams = field(default_factory=Streams)
    openings: Openings = field(default_factory=lambda: Openings(RealClock()))
    origins: tuple[str, ...] = ()
    map_hosts: tuple[str, ...] = ()
