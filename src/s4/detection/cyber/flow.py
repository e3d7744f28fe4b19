"""Flow: one connection as a network sensor saw it, and whether it was answered."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from s4.core.errors import InputError
from s4.core.model import Observation

Address = Annotated[str, Meta(min_length=1, max_length=64)]
Port = Annotated[int, Meta(ge=0, le=65_535)]

# Zeek's conn_state. S0: no reply; REJ: refused; RSTOS0: half open, given up; RSTRH and SH: half-open handshakes.
_FAILED: Final = frozenset({"S0", "REJ", "RSTOS0", "RSTRH", "SH", "new"})
_ANSWERED: Final = frozenset({"S1", "S2", "S3", "SF", "RSTO", "RSTR", "SHR", "established"})
# A full TCP connection opens with three packets and closes with at least two more; SYN and RST alone are two.
_REFUSED_PACKETS: Final = 3


class Outcome(StrEnum):
    """What became of an attempt to connect."""

    ANSWERED = "answered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Flow(msgspec.Struct, frozen=True):
    """`state`: Zeek's `conn_state` or Suricata's `flow.state`; `bytes`, `packets`: both ways together."""

    src_ip: Address
    dest_ip: Address
    proto: str
    state: str
    src_port: Port = 0
    dest_port: Port = 0
    bytes: Annotated[int, Meta(ge=0)] = 0
    packets: Annotated[int, Meta(ge=0)] = 0


def read_flow(observation: Observation) -> Flow:
    """The body of a `flow` observation. Raises `InputError` naming the field."""
    try:
        flow = msgspec.convert(observation.body, Flow)
        ip_address(flow.src_ip)
        ip_address(flow.dest_ip)
    except ValueError as error:  # msgspec's ValidationError is one
        raise InputError(str(error), field=f"{observation.source}.{observation.property}") from error
    return flow


def outcome_of(flow: Flow) -> Outcome:
    """Whether the other side answered. Traffic seen from the middle on, and what was sent to many, tells nothing.

    >>> outcome_of(Flow("10.0.0.1", "10.0.0.2", "tcp", "S0"))
    <Outcome.FAILED: 'failed'>
    >>> outcome_of(Flow("10.0.0.1", "224.0.0.251", "udp", "S0"))
    <Outcome.UNKNOWN: 'unknown'>
    """
    target = ip_address(flow.dest_ip)
    if target.is_multicast or target.is_unspecified or flow.dest_ip.endswith(".255"):
        return Outcome.UNKNOWN
    if flow.state in _FAILED:
        return Outcome.FAILED
    if flow.state in _ANSWERED:
        return Outcome.ANSWERED
    if flow.state == "closed":  # Suricata says so of a refused connection too
        refused = flow.proto.lower() == "tcp" and 0 < flow.packets <= _REFUSED_PACKETS
        return Outcome.FAILED if refused else Outcome.ANSWERED
    return Outcome.UNKNOWN
