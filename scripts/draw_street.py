"""Draw the street into ARCHITECTURE.md, from what every installed stage and door declares of itself.

.venv/bin/python scripts/draw_street.py            # write it between the two markers
.venv/bin/python scripts/draw_street.py --check    # exit 1 when it is out of date
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from s4.core import registry
from s4.core.model import Command, Frame, Raw
from s4.core.ports import STREET, Camera

TARGET: Final = Path(__file__).parents[1] / "ARCHITECTURE.md"
BEGIN: Final = "<!-- street:begin -->"
END: Final = "<!-- street:end -->"


class Part(NamedTuple):
    """A stage or a door: its name, its room, the words it takes in and gives."""

    name: str
    room: str
    consumes: tuple[type, ...]
    produces: tuple[type, ...]


def installed() -> list[Part]:
    """Every stage and door that is installed, ours or not. A door stands in sensing and hears the outside world;
    that is where raw messages and pictures come from.
    """
    found = [_stage(name, registry.load("s4.stages", name)) for name in registry.names("s4.stages")]
    return found + [_door(name, registry.load("s4.doors", name)) for name in registry.names("s4.doors")]


def _stage(name: str, stage: Any) -> Part:
    return Part(name, stage.room, tuple(stage.consumes), tuple(stage.produces))


def _door(name: str, door: Any) -> Part:
    given = (Frame,) if issubclass(door, Camera) else tuple(door.produces)
    return Part(name, "sensing", (), (*given, Raw) if name == "device" else given)


def offences(parts: Iterable[Part]) -> list[str]:
    """Every fact that would flow up the street, or that nobody gives. Only a `Command` may climb."""
    parts = list(parts)
    wrong = [f"{part.name} stands in no room of the street: {part.room}" for part in parts if part.room not in STREET]
    for taker in parts:
        for word in taker.consumes:
            givers = [part for part in parts if word in part.produces]
            if word is Command:
                continue
            if not givers:
                wrong.append(f"{taker.name} takes {word.__name__}, which nobody gives")
            wrong += [
                f"{word.__name__} flows up, from {giver.room}/{giver.name} to {taker.room}/{taker.name}"
                for giver in givers
                if _below(giver, taker)
            ]
    return wrong


def _below(giver: Part, taker: Part) -> bool:
    on_the_street = giver.room in STREET and taker.room in STREET
    return on_the_street and STREET.index(giver.room) > STREET.index(taker.room)


def diagram(parts: Sequence[Part]) -> str:
    """The street as a Mermaid flowchart: rooms in order, the words that pass between them, the one way back."""
    lines = ["```mermaid", "flowchart TD", '    outside(["sensors, cameras, logs, people"]) --> sensing']
    for room in STREET:
        names = sorted({part.name for part in parts if part.room == room})
        lines.append(f'    {room}["<b>{room}</b><br/>{", ".join(names) or "everything, as people see it"}"]')
    lines += [f'    {giver} -- "{", ".join(words)}" --> {taker}' for (giver, taker), words in _passing(parts).items()]
    for room in STREET[:-1]:
        told = {w.__name__ for part in parts if part.room == room for w in part.produces} - {"Raw", "Frame", "Command"}
        if told:
            lines.append(f'    {room} -- "{", ".join(sorted(told))}" --> picture')
    climbs = [room for room in STREET if any(Command in p.consumes for p in parts if p.room == room)]
    lines += [f'    picture -. "Command" .-> {room}' for room in climbs]
    lines += ['    response == "Command" ==> world(["devices, units"])', "```"]
    return "\n".join(lines)


def _passing(parts: Sequence[Part]) -> dict[tuple[str, str], list[str]]:
    """(room that gives, room that takes) → the words that pass between them, in the street's order."""
    found: dict[tuple[str, str], list[str]] = {}
    for giver in STREET:
        for taker in STREET[STREET.index(giver) + 1 :]:
            given = {word for part in parts if part.room == giver for word in part.produces}
            taken = {word for part in parts if part.room == taker for word in part.consumes}
            words = sorted(word.__name__ for word in given & taken if word is not Command)
            if words:
                found[giver, taker] = words
    return found


def drawn(text: str) -> str:
    """The text with the diagram between its markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{TARGET.name} has no place for the diagram ({BEGIN} … {END})")
    return f"{before}{BEGIN}\n\n{diagram(installed())}\n\n{END}{after}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--check", action="store_true", help="change nothing; exit 1 when it is out of date")
    check = options.parse_args().check
    text = TARGET.read_text(encoding="utf-8")
    new = drawn(text)
    if check and new != text:
        sys.exit(f"the diagram in {TARGET.name} is out of date: run scripts/draw_street.py")
    if not check:
        TARGET.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
