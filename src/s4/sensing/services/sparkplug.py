"""Sparkplug B: edge nodes and their devices, from birth to death. Source: Eclipse Sparkplug 3.0.0, chapter 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from s4.core.clock import NS_PER_MS, NS_PER_S
from s4.core.errors import InputError
from s4.sensing.services.names import ucum
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.sparkplug_wire import Metric, Payload, read_payload, rebirth_command, signed
from s4.sensing.services.topics import Command

NAMESPACE: Final = "spBv1.0"
ASK_AGAIN_NS: Final = 10 * NS_PER_S
MOST_NODES: Final = 10_000
MOST_ALIASES: Final = 100_000
STATE: Final = "sparkplug.state"
_TYPES: Final = frozenset({"NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA"})
_OWN: Final = ("Node Control/", "Device Control/")
_DATE_TIME: Final = 13


class Meaning(NamedTuple):
    """What a birth said of a metric."""

    device: str
    name: str
    datatype: int
    unit: str


class Node(msgspec.Struct):
    """What is known of one edge node since its birth. `birth`: its bdSeq."""

    born: bool = False
    seq: int = 0
    birth: int | None = None
    alias: dict[int, Meaning] = {}
    named: dict[tuple[str, str], Meaning] = {}
    devices: set[str] = set()
    asked: int = 0


class Sparkplug:
    """Readings of metrics, each under `<group>/<edge node>[/<device>]`; births and deaths as events `sparkplug.state`.

    A message that is missing (a gap in `seq`), or data before a birth, makes it ask the node for a rebirth, at most
    every 10 s a node, unless `rebirth` is false. Data sets, templates and files are not taken.
    """

    def __init__(self, *, rebirth: bool = True) -> None:
        self._rebirth = rebirth
        self._nodes: dict[str, Node] = {}
        self._asks: list[Command] = []

    def asks(self) -> Sequence[Command]:
        """The rebirths to ask for since the last call."""
        out, self._asks = self._asks, []
        return out

    def read(self, topic: str, payload: bytes, received: int, *, retained: bool) -> Parsed:
        """One message. Raises `InputError` for a payload that is none; a retained one is not taken, as it is old."""
        parsed, levels = Parsed(), topic.split("/")
        if retained or len(levels) not in {4, 5} or levels[0] != NAMESPACE or levels[2] not in _TYPES:
            return parsed
        if levels[2].startswith("D") != (len(levels) == 5):
            raise InputError(f"{levels[2]} does not go with {len(levels)} levels of topic")
        name = f"{levels[1]}/{levels[3]}"
        said = read_payload(payload)
        node = self._node(name)
        device = f"{name}/{levels[4]}" if len(levels) == 5 else name
        if levels[2] == "NDEATH":
            self._node_death(parsed, node, name, said)
        elif levels[2] == "NBIRTH":
            self._node_birth(parsed, node, name, said, received)
        elif self._in_turn(parsed, node, name, said, received):
            self._device_message(parsed, node, levels[2], device, said, received)
        return parsed

    def _node(self, name: str) -> Node:
        if name not in self._nodes and len(self._nodes) >= MOST_NODES:
            raise InputError(f"more than {MOST_NODES} edge nodes")
        return self._nodes.setdefault(name, Node())

    def _ask(self, node: Node, name: str, received: int) -> None:
        if self._rebirth and (not node.asked or received - node.asked >= ASK_AGAIN_NS):
            node.asked = received
            group, _, edge = name.partition("/")
            self._asks.append((f"{NAMESPACE}/{group}/NCMD/{edge}", rebirth_command(received // NS_PER_MS)))

    # Births and deaths

    def _node_birth(self, parsed: Parsed, node: Node, name: str, said: Payload, received: int) -> None:
        node.born, node.seq, node.birth, node.asked = True, said.seq or 0, _birth_number(said), 0
        node.alias, node.named, node.devices = {}, {}, set()
        parsed.event(name, STATE, {"state": "online"}, _time(said.timestamp, received))
        self._learn(node, name, said)
        self._metrics(parsed, node, name, said, received)

    def _node_death(self, parsed: Parsed, node: Node, name: str, said: Payload) -> None:
        number = _birth_number(said)
        if node.born and None not in {number, node.birth} and number != node.birth:
            return  # the will of an earlier connection, which came late
        for device in (name, *sorted(node.devices)):
            parsed.event(device, STATE, {"state": "offline"})
        self._nodes[name] = Node()

    def _in_turn(self, parsed: Parsed, node: Node, name: str, said: Payload, received: int) -> bool:
        if not node.born:
            self._ask(node, name, received)
            parsed.wrong.append(InputError("came before the birth of its edge node, which was asked for"))
            return False
        expected = (node.seq + 1) % 256
        if said.seq != expected:
            parsed.event(name, "sparkplug.gap", {"expected": expected, "got": said.seq})
            self._ask(node, name, received)
        node.seq = expected if said.seq is None else said.seq % 256
        return True

    def _device_message(
        self, parsed: Parsed, node: Node, kind: str, device: str, said: Payload, received: int
    ) -> None:  # fmt: skip
        if kind == "DDEATH":
            node.devices.discard(device)
            parsed.event(device, STATE, {"state": "offline"}, _time(said.timestamp, received))
            return
        if kind == "DBIRTH":
            node.devices.add(device)
            self._learn(node, device, said)
            parsed.event(device, STATE, {"state": "online"}, _time(said.timestamp, received))
        elif kind == "DDATA" and device not in node.devices:
            self._ask(node, device.rpartition("/")[0], received)
            parsed.wrong.append(InputError("came before the birth of its device, which was asked for"))
            return
        self._metrics(parsed, node, device, said, received)

    # Metrics

    def _learn(self, node: Node, device: str, said: Payload) -> None:
        for metric in said.metrics:
            if metric.name is None or len(node.named) >= MOST_ALIASES:
                continue
            meaning = Meaning(device, metric.name, metric.datatype, metric.unit)
            node.named[device, metric.name] = meaning
            if metric.alias is not None:
                node.alias[metric.alias] = meaning

    def _metrics(self, parsed: Parsed, node: Node, device: str, said: Payload, received: int) -> None:
        for metric in said.metrics:
            try:
                self._metric(parsed, node, device, metric, said, received)
            except InputError as error:
                parsed.wrong.append(error)

    def _metric(
        self, parsed: Parsed, node: Node, device: str, metric: Metric, said: Payload, received: int
    ) -> None:  # fmt: skip
        name, datatype, unit = self._meaning(node, device, metric, received)
        if name == "bdSeq" or name.startswith(_OWN) or (metric.value is None and metric.plain):
            return
        value = signed(metric.value, datatype)
        if not metric.plain or isinstance(value, bytes):
            raise InputError("a data set, template, file or list is not taken", field=name[:64])
        time = _time(metric.timestamp if metric.timestamp is not None else said.timestamp, received)
        if isinstance(value, str):
            parsed.event(device, name, {"value": value}, time)
        else:
            parsed.reading(device, name, value, "ms" if datatype == _DATE_TIME else ucum(unit), time)

    def _meaning(self, node: Node, device: str, metric: Metric, received: int) -> tuple[str, int, str]:
        """Name, datatype and unit of a metric: as it says itself, else as its birth said."""
        if metric.name is not None:
            born = node.named.get((device, metric.name))
            return (
                metric.name,
                metric.datatype or (born.datatype if born else 0),
                metric.unit or (born.unit if born else ""),
            )
        meaning = node.alias.get(-1 if metric.alias is None else metric.alias)
        if meaning is None or meaning.device != device:
            self._ask(node, "/".join(device.split("/")[:2]), received)
            raise InputError(f"the alias {metric.alias} is not known from a birth")
        return meaning.name, metric.datatype or meaning.datatype, metric.unit or meaning.unit


def _birth_number(said: Payload) -> int | None:
    found = next((metric.value for metric in said.metrics if metric.name == "bdSeq"), None)
    return found if isinstance(found, int) else None


def _time(timestamp: int | None, received: int) -> int:
    """Milliseconds of the payload → ns; when it arrived for one that says none."""
    return received if timestamp is None else timestamp * NS_PER_MS
