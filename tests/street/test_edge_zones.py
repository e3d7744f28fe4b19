"""A zone drawn at the hub watches in the picture of an edge site's camera, and what it raises comes up."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from s4.app.ask import Asker
from s4.core.model import Detection
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from tests.detection.video.render import Moment, paint, walk
from tests.runtime.uplink.pair import until
from tests.street.test_edge_site import hub_and_edge, started
from tests.support.city import CITY, Town
from tests.support.clips import write_clip

LAP_S, RATE = 12.0, 5
CAMERA = """
[[source]]
id = "cam-1"
site = "square"
door = "camera"
[source.options]
url = "walk.mp4"
loop = true

[city.stages.video]
behaviours = ["zone_intrusion"]
"""
LAWN: dict[str, Any] = {
    "id": "lawn",
    "source": "cam-1",
    "name": "Lawn",
    "outline": [[0.4, 0.3], [1.0, 0.3], [1.0, 1.0], [0.4, 1.0]],
}


def film(folder: Path) -> None:
    """Somebody walks to and fro before the camera, for ever."""
    moments = (second / RATE for second in range(round(LAP_S * RATE)))
    people = (Moment(walk(at, 0, 6, (-20, 340), 200) + walk(at, 6.1, 12, (340, -20), 200)) for at in moments)
    write_clip(folder / "walk.mp4", (paint(moment, n) for n, moment in enumerate(people)), rate=RATE)


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[tuple[Town, Town]]:
    film(tmp_path)
    (tmp_path / "city.toml").write_text(CITY + CAMERA)
    hub, edge = hub_and_edge(tmp_path)
    with started(hub, edge):
        yield hub, edge


async def test_a_zone_drawn_at_the_hub_watches_at_the_site(towns: tuple[Town, Town]) -> None:
    hub, edge = towns
    above, below = (SqlArchive(open_engine(store_url("", town.data))) for town in (hub, edge))
    admin = await asyncio.to_thread(Asker, hub.data, "admin", "ada")
    assert not above.known(Detection)  # nothing is forbidden before the zone is there
    await asyncio.to_thread(admin.ask, "PUT", "/api/zones/lawn", {"zone": LAWN, "reason": "New grass"})
    told = await until(lambda: above.known(Detection))
    assert {(one.kind, one.source, one.attributes["zone"]) for one in told} == {("zone_intrusion", "cam-1", "lawn")}
    assert {one.id for one in told} <= {one.id for one in below.known(Detection)}

    await asyncio.to_thread(admin.ask, "DELETE", "/api/zones/lawn", {"reason": "The grass has grown"})
    await until(lambda: any(one.phase == "end" for one in above.known(Detection)))
    before = {one.happening for one in above.known(Detection)}
    await asyncio.sleep(LAP_S)  # the same walk again
    told = sorted(above.known(Detection), key=lambda one: one.time)
    assert {one.happening for one in told} == before
    assert told[-1].evidence
    assert told[-1].phase == "end"  # the film of it comes after its end, and opens nothing again
