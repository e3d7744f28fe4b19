"""Small cities and clocks for the tests of the edge."""

from pathlib import Path

from s4.core.city import City, Info, Site, Source
from s4.core.clock import ManualClock
from s4.core.model import Place
from s4.core.ports import Context
from s4.edge.rules import Rules

PLAZA = Place(43.2630, -2.9350)
S = 1_000_000_000


def city(*sources: str, rules: str = "", fresh_s: float = 10.0) -> City:
    rows = tuple(Source(name, "plaza", "device", fresh_s=fresh_s, place=PLAZA) for name in sources)
    return City(Info("bilbao", "Bilbao", PLAZA, rules=rules), (Site("plaza", "Plaza Nueva", PLAZA),), source=rows)


def rules_stage(folder: Path, text: str, *sources: str) -> Rules:
    """The stage with these rules, on the city of these sources."""
    (folder / "rules.toml").write_text(text)
    return Rules(Context(city(*sources, rules="rules.toml"), ManualClock(), {}, str(folder)))
