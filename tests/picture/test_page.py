"""The page and the map: what is served, how it is cached, and that nothing else of the disk is."""

import json

import httpx
import pytest

from s4.picture.page import content_security_policy
from tests.picture.stand import Stand

INDEX = b"<!doctype html><title>s4</title><script type=module src=/assets/index-Ab3_x9-Z.js></script>"
SCRIPT = b"console.log('the picture');" * 200


@pytest.fixture
def built(stand: Stand) -> Stand:
    """A page as the build leaves it."""
    assets = stand.folder / "page" / "assets"
    assets.mkdir()
    (stand.folder / "page" / "index.html").write_bytes(INDEX)
    (stand.folder / "page" / "manifest.webmanifest").write_text("{}")
    (assets / "index-Ab3_x9-Z.js").write_bytes(SCRIPT)
    (assets / "plain.js").write_bytes(b"1")
    return stand


def test_without_a_build_the_page_says_how_to_get_one(stand: Stand) -> None:
    answer = stand.client(None).get("/")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "make web" in answer.text
    assert stand.client(None).get("/assets/x.js").status_code == 404


def test_the_page_is_fresh_and_its_hashed_parts_stay(built: Stand) -> None:
    client = built.client(None)
    index = client.get("/")
    assert (index.status_code, index.content) == (200, INDEX)
    assert index.headers["cache-control"] == "no-cache"
    script = client.get("/assets/index-Ab3_x9-Z.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/assets/plain.js").headers["cache-control"] == "no-cache"
    assert client.get("/manifest.webmanifest").headers["content-type"] == "application/manifest+json"


def test_what_the_browser_has_is_not_sent_again(built: Stand) -> None:
    client = built.client(None)
    script = client.get("/assets/index-Ab3_x9-Z.js")
    assert script.headers["content-encoding"] == "gzip"
    assert script.content == SCRIPT
    again = client.get("/assets/index-Ab3_x9-Z.js", headers={"If-None-Match": script.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (built.folder / "page" / "index.html").write_bytes(INDEX + b"<p>new")
    assert client.get("/").content == INDEX + b"<p>new"


@pytest.mark.parametrize(
    "path",
    [
        "/../credentials.json", "/%2e%2e/credentials.json", "/assets/..%2f..%2fcredentials.json", "//etc/passwd",
        "/assets/%2e%2e/%2e%2e/map.geojson", "/..%5ccredentials.json", "/.env", "/assets/", "/assets", "/a%00b",
        "/link.js", "/" + "a" * 3000, "/" + "a/" * 500,
    ],
)  # fmt: skip
def test_nothing_but_the_page_is_served(built: Stand, path: str) -> None:
    (built.folder / "credentials.json").write_text("secret")
    (built.folder / "page" / ".env").write_text("secret")
    (built.folder / "page" / "link.js").symlink_to(built.folder / "credentials.json")
    answer = built.client(None).get(httpx.URL(built.url, raw_path=path.encode()))
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_the_page_may_run_its_own_scripts_and_the_maps_worker_only() -> None:
    rules = dict(rule.split(" ", 1) for rule in content_security_policy().split("; "))
    assert rules["default-src"] == rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["worker-src"] == "'self' blob:"
    assert "unsafe-eval" not in content_security_policy()
    with_tiles = content_security_policy(("https://tiles.example.org",))
    assert "connect-src 'self' https://tiles.example.org" in with_tiles
    assert "script-src 'self';" in with_tiles


def test_the_map_is_the_citys_geojson(stand: Stand, operator: httpx.Client) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"layer": "building", "height_m": 12.0, "name": f"House {number}"},
            "geometry": {"type": "Point", "coordinates": [-2.923, 43.259]},
        }
        for number in range(40)
    ]
    document = {"type": "FeatureCollection", "features": features}
    (stand.folder / "map.geojson").write_text(json.dumps(document))
    answer = operator.get("/api/map")
    assert answer.json() == document
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-encoding"] == "gzip"
    assert operator.get("/api/map", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("text", [None, "{", "[]", '{"type":"Feature"}', '{"type":"FeatureCollection","features":[1]}'])
def test_a_map_that_is_none_says_so(stand: Stand, operator: httpx.Client, text: str | None) -> None:
    if text is not None:
        (stand.folder / "map.geojson").write_text(text)
    answer = operator.get("/api/map")
    assert answer.status_code == 500
    assert str(stand.folder) not in answer.text
