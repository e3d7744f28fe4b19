"""Secrets that a service needs: from a file, or from `city.toml` by `${NAME}` of the environment."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from s4.core.errors import ConfigError

LARGEST_SECRET: Final = 4_096
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def secret(given: str, file: str, folder: str, field: str) -> str:
    """The secret: `given`, or what stands in `file` (a last line end is cut off). Raises `ConfigError`.

    >>> secret("hunter2", "", ".", "source[a].options.password")
    'hunter2'
    """
    if given and file:
        raise ConfigError("is given, and a file for it too: one of the two", field=field)
    if not file:
        return given
    try:
        data = (Path(folder) / file).read_bytes()
        text = data[: LARGEST_SECRET + 1].decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{file!r} cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8 text'})"
        raise ConfigError(reason, field=f"{field}_file") from error
    if not 0 < len(text) <= LARGEST_SECRET:
        raise ConfigError(f"{file!r} holds no secret of 1 to {LARGEST_SECRET} bytes", field=f"{field}_file")
    return text


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    return host.strip("[]").lower() in _LOOPBACK


def guard_plain(host: str, *, encrypted: bool, allowed: bool, field: str) -> None:
    """Raise `ConfigError` when a secret would go over a network in the clear without anybody having allowed it."""
    if not encrypted and not allowed and not is_loopback(host):
        reason = f"would go to {host} unencrypted; encrypt the link, or set allow_plain where the network is trusted"
        raise ConfigError(reason, field=field)


def tls_context(folder: str, ca_file: str, cert_file: str, key_file: str, field: str) -> ssl.SSLContext:
    """A client's TLS: the machine's trusted certificates or those in `ca_file`; its own for those who ask for one.

    Raises `ConfigError` for a file that cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(Path(folder) / ca_file) if ca_file else None)
        if cert_file:
            key = str(Path(folder) / key_file) if key_file else None
            context.load_cert_chain(str(Path(folder) / cert_file), key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificates cannot be used ({error.strerror or error})", field=field) from error
    return context
