"""What the settings of a hub and of an edge site mean, and what is said of wrong ones."""

import os
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from s4.app.cityfile import load_city, parse_city
from s4.app.settings import EDGE_ROOMS, Accept, Leaf, Settings
from s4.app.sites import LEAF_PORT, SECRET, address, leaf_listen, leaf_remote, own_part, site_of, warn_of_idle_orders
from s4.core.city import City
from s4.core.errors import ConfigError
from s4.runtime.sockets import free_port
from tests.support.city import CITY, device

TWO = (
    CITY
    + device("air")
    + '\n[[site]]\nid = "stadium"\nname = "Stadium"\nplace = { lat = 43.27, lon = -2.94 }\n'
    + device("gate").replace('site = "square"', 'site = "stadium"')
)


@pytest.fixture
def city(tmp_path: Path) -> City:
    (tmp_path / "city.toml").write_text(TWO)
    return load_city(tmp_path / "city.toml")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "site.secret"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("s3cret_-x\n")
    return path


def edge(**more: object) -> Settings:
    leaf = msgspec.structs.replace(Leaf(url="nats://127.0.0.1", site="square"), **more)
    return Settings(city_file=Path("city.toml"), leaf=leaf)


def test_a_site_has_only_its_own_part_of_the_city(city: City) -> None:
    assert [row.id for row in own_part(city, edge()).source] == ["air"]
    assert [row.id for row in own_part(city, edge(site="stadium")).source] == ["gate"]
    assert own_part(city, Settings(city_file=Path("city.toml"))) is city


@pytest.mark.parametrize(
    ("rooms", "idle"), [(EDGE_ROOMS, ["act"]), ((*EDGE_ROOMS, "response"), []), (("sensing",), [])]
)
def test_a_command_that_nobody_would_carry_out_is_said(tmp_path: Path, rooms: tuple[str, ...], idle: list[str]) -> None:
    sql = "sql = 'SELECT value FROM readings WHERE value > 5'\n"
    told = f'[[query]]\nid = "told"\n{sql}detection = {{ kind = "threshold_exceeded", text = "high" }}\n'
    act = f'[[query]]\nid = "act"\n{sql}command = {{ action = "gate.close", target = "g", policy = "Order 4/2026" }}\n'
    (tmp_path / "rules.toml").write_text(told + act)
    town = parse_city(CITY.replace('name = "Town"', 'name = "Town"\nrules = "rules.toml"'))
    settings = msgspec.structs.replace(edge(), city_file=tmp_path / "city.toml", rooms=rooms)
    with capture_logs() as said:
        warn_of_idle_orders(settings, town)
    assert [rule for line in said for rule in line["rules"]] == idle


@pytest.mark.parametrize(("site", "complaint"), [("", "say which site this is"), ("moon", "there is no site 'moon'")])
def test_which_site_it_is_has_to_be_clear(city: City, site: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        site_of(Leaf(url="nats://h", site=site), city)


def test_the_only_site_need_not_be_named() -> None:
    assert site_of(Leaf(url="nats://h"), parse_city(CITY)) == "square"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("nats://127.0.0.1", ("127.0.0.1", LEAF_PORT, False)),
        ("tls://hub.example.org:99", ("hub.example.org", 99, True)),
        ("nats-leaf://[::1]:7", ("::1", 7, False)),
    ],
)  # fmt: skip
def test_where_the_hub_is(city: City, secret: Path, url: str, wanted: tuple[str, int, bool]) -> None:
    remote = leaf_remote(edge(url=url, secret=secret), city)
    assert remote is not None
    assert (remote.host, remote.port, remote.tls) == wanted
    assert (remote.site, remote.secret, remote.domain) == ("square", "s3cret_-x", "site-square")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://hub", "is not the address of a hub"), ("nats://", "is not the address of a hub"),
        ("nats://hub:port", "is not the address of a hub"),
        ("nats://me:secret@hub", "no credential on the command line"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(city: City, secret: Path, url: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        leaf_remote(edge(url=url, secret=secret), city)


def test_the_credential_comes_from_a_file_or_the_environment(
    city: City, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    with pytest.raises(ConfigError, match="the site's credential is missing"):
        leaf_remote(edge(), city)
    monkeypatch.setenv(SECRET, "from_the_environment")
    remote = leaf_remote(edge(), city)
    assert remote is not None
    assert remote.secret == "from_the_environment"
    secret.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read it"):
        leaf_remote(edge(secret=secret), city)
    with pytest.raises(ConfigError, match="cannot be read"):
        leaf_remote(edge(secret=secret / "no"), city)
    monkeypatch.setenv(SECRET, 'x"\n}; injected')
    with pytest.raises(ConfigError, match="is not a credential") as caught:
        leaf_remote(edge(), city)
    assert "injected" not in str(caught.value)


def hub(**more: object) -> Settings:
    accept = msgspec.structs.replace(Accept(address=str(free_port())), **more)
    return Settings(city_file=Path("city.toml"), accept=accept)


def test_a_port_alone_is_this_machine_only() -> None:
    settings = hub()
    listen = leaf_listen(settings)
    assert listen is not None
    assert (listen.host, str(listen.port)) == ("127.0.0.1", settings.accept.address if settings.accept else "")
    assert address(settings) == f"nats://127.0.0.1:{listen.port}"
    assert leaf_listen(Settings(city_file=Path("city.toml"))) is None


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"address": "here"}, "is not a port"), ({"address": "0"}, "is not a port"),
        ({"cert": Path("x")}, "go together"), ({"cert": Path("no"), "key": Path("no")}, "there is no file no"),
    ],
)  # fmt: skip
def test_a_hub_that_cannot_be_is_refused(more: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        leaf_listen(hub(**more))


def test_a_port_that_is_taken_is_not_replaced_by_another() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="somebody listens"):
        leaf_listen(hub(address=f"127.0.0.1:{taken.getsockname()[1]}"))


@pytest.mark.parametrize("other", [{"bus": "nats://h"}, {"accept": Accept(address="1")}])
def test_one_thing_at_a_time(city: City, other: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="not both"):
        own_part(city, msgspec.structs.replace(edge(), **other))


def test_a_pattern_that_matches_nothing_is_refused_at_its_line() -> None:
    with pytest.raises(ConfigError, match=r"uplink\.low\[0\]: 'frame_rate' is not <source>/<property>"):
        parse_city(CITY + '\n[uplink]\nlow = ["frame_rate"]\n')
    with pytest.raises(ConfigError, match=r"city\.toml, line \d+, uplink\.max_mib"):
        parse_city(CITY + "\n[uplink]\nmax_mib = 1\n")
