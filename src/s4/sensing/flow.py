"""Flow: one network connection, in the same words whichever sensor logged it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Final

from s4.core.errors import InputError
from s4.sensing.payload import Event

FLOW: Final = "flow"
"""The property of such observations."""


def flow_body(*, src: tuple[object, object], dest: tuple[object, object], proto: str, state: str, **more: Any) -> Event:
    """The body of a `flow` observation.

    `src` opened the connection, `dest` was called: (IP address, port; ICMP type and code). `state`: Zeek's
    `conn_state` or Suricata's `flow.state`, as logged. `more`: `bytes_out` and `bytes_in` as seen by `src`, `packets`
    both ways together, and whatever else is known; `bytes` is added as their sum.
    """
    body = {
        "src_ip": check_address(src[0], field="src_ip"), "src_port": check_port(src[1], field="src_port"),
        "dest_ip": check_address(dest[0], field="dest_ip"), "dest_port": check_port(dest[1], field="dest_port"),
        "proto": proto.lower(), "state": state,
        "bytes": more.get("bytes_out", 0) + more.get("bytes_in", 0),
    }  # fmt: skip
    return body | more


def check_address(address: object, *, field: str) -> str:
    """An IPv4 or IPv6 address. Raises `InputError` naming `field`.

    >>> check_address("fe80::1", field="src_ip")
    'fe80::1'
    """
    try:
        if isinstance(address, str):
            ip_address(address)
            return address
    except ValueError:
        pass
    raise InputError(f"{str(address)[:60]!r} is not an IP address", field=field)


def check_port(port: object, *, field: str) -> int:
    """A port, 0 to 65535. Raises `InputError` naming `field`."""
    if isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= 65_535:
        return port
    raise InputError(f"{str(port)[:20]!r} is not a port", field=field)


def check_count(count: object, *, field: str) -> int:
    """A whole number from 0 to 2^63. Raises `InputError` naming `field`."""
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**63:
        return count
    raise InputError(f"{str(count)[:20]!r} is not a count", field=field)
