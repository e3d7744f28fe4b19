"""Optional packages: a service whose package is not installed says which extra brings it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from s4.core.errors import ConfigError

_TALKATIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "aiocoap": ("coap", "coap-server"), "asyncua": ("asyncua",), "httpx": ("httpx", "httpcore"),
    "pymodbus": ("pymodbus",),
}  # fmt: skip
"""The loggers of libraries that log each lost connection, or each address that is asked."""


def need(extra: str, *modules: str, owner: str) -> None:
    """Raise `ConfigError` when a module that `owner` (as in `source[plc-1]`) needs is not installed.

    Nothing is imported. Cost: about 50 µs a module.

    >>> need("warp", "s4_warp_drive", owner="source[ship-1]")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: source[ship-1].door: needs a package that is not installed;
    install it with: pip install 's4allcities[warp]'
    """
    if not all(find_spec(module.partition(".")[0]) for module in modules):
        reason = f"needs a package that is not installed; install it with: pip install 's4allcities[{extra}]'"
        raise ConfigError(reason, field=f"{owner}.door")


async def load(*modules: str) -> None:
    """Import what a session is about to use, in a thread: some libraries take seconds, and other doors must go on.

    What they would log is silenced: a door says itself, once, why a link is lost, and addresses may hold secrets.
    """
    for module in modules:
        await asyncio.to_thread(import_module, module)
        for name in _TALKATIVE.get(module.partition(".")[0], ()):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
