"""How this process is to run: what the command line and the environment say."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from s4.core.ports import STREET

DEFAULT_HTTP_PORT: Final = 8400
DEFAULT_MQTT_PORT: Final = 1883
EDGE_ROOMS: Final = ("sensing", "edge", "detection")
"""What runs at an edge site when nobody says it."""


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """An edge site's line to its hub. `url` as `nats://host:port` or `tls://host:port`; `site`: which site this is (may
    be "" when the city has only one); `secret`: the file of its credential ("": `$S4_LEAF_SECRET`); `ca`: of TLS.
    """

    url: str
    site: str = ""
    secret: Path | None = None
    ca: Path | None = None


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hub takes edge sites in: `address` as `port` or `host:port`; `cert`, `key`: files of its TLS
    certificate.
    """

    address: str
    cert: Path | None = None
    key: Path | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`rooms`: which rooms run here (all when empty); `bus`: URL of a city's own NATS, else a child is started;
    `store`: SQLAlchemy or PostgreSQL URL, else SQLite in `data_dir`; `sync`: how often the bus syncs its files
    (`1s`, or `always`); `origins`: further addresses of the page behind a proxy; `speed`, `start`, `anchor`: a
    simulated clock (exercise); `mqtt_port`, `http_port`: taken if free, else the next free ones are used; `leaf`: this
    is an edge site; `accept`: this is a hub.
    """

    city_file: Path
    rooms: tuple[str, ...] = ()
    bus: str = ""
    store: str = ""
    data_dir: Path = Path("s4-data")
    sync: str = "1s"
    host: str = "127.0.0.1"
    http_port: int = DEFAULT_HTTP_PORT
    mqtt_port: int = DEFAULT_MQTT_PORT
    bus_port: int = 0
    origins: tuple[str, ...] = ()
    map_hosts: tuple[str, ...] = ()
    start: int = 0
    speed: float = 1.0
    anchor: int = 0
    leaf: Leaf | None = None
    accept: Accept | None = None

    def runs(self, room: str) -> bool:
        """Whether a room runs in this process.

        >>> Settings(city_file=Path("city.toml")).runs("fusion")
        True
        """
        return not self.rooms or room in self.rooms

    @property
    def small(self) -> bool:
        """Whether this is an edge node, where memory is dearer than a flood is likely: no room of the hub runs here.

        >>> Settings(city_file=Path("city.toml"), rooms=EDGE_ROOMS).small
        True
        """
        return not any(self.runs(room) for room in ("fusion", "risk", "picture"))

    @property
    def all_rooms(self) -> tuple[str, ...]:
        """The rooms that run here, in the order of the street."""
        return tuple(room for room in STREET if self.runs(room))
