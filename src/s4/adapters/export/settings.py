"""What the targets' settings have in common: reading them, secrets, addresses, TLS."""

from __future__ import annotations

import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from s4.core.errors import ConfigError
from s4.core.export import Export

Options = TypeVar("Options", bound=msgspec.Struct)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LARGEST_SECRET: Final = 16_384


def options_of(export: Export, kind: type[Options]) -> Options:
    """The settings of an export's target. Raises `ConfigError` naming the one that does not fit."""
    try:
        return msgspec.convert(dict(export.options), kind)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        raise ConfigError(reason, field=f"export[{export.id}].options{where.rstrip('`')}") from error


def need(export: Export, extra: str, module: str) -> None:
    """Raise `ConfigError` when the package that a target needs is not installed. Nothing is imported."""
    if find_spec(module) is None:
        reason = f"needs a package that is not installed; install it with: pip install 's4allcities[{extra}]'"
        raise ConfigError(reason, field=f"export[{export.id}].target")


def secret(file: str, env: str, folder: str, field: str) -> str:
    """The secret in `file` (a last line end is cut off) or in the environment variable `env`; "" when neither is given.

    Raises `ConfigError` when there is none where it should be.
    """
    if file and env:
        raise ConfigError("is given as a file and as an environment variable: one of the two", field=f"{field}_file")
    if env:
        where, text = f"{field}_env", os.environ.get(env, "")
    elif file:
        where = f"{field}_file"
        try:
            text = (Path(folder) / file).read_bytes()[: _LARGEST_SECRET + 1].decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{file!r} cannot be read ({getattr(error, 'strerror', None) or error})", field=where
            ) from error
        text = text.removesuffix("\n").removesuffix("\r")
    else:
        return ""
    if not 0 < len(text) <= _LARGEST_SECRET:
        raise ConfigError(f"{file or env!r} holds no secret", field=where)
    return text


def guard_plain(host: str, *, encrypted: bool, allowed: bool, field: str) -> None:
    """Raise `ConfigError` when rows would go over a network in the clear without anybody having allowed it."""
    if not encrypted and not allowed and host.strip("[]").lower() not in _LOOPBACK:
        reason = f"would go to {host} unencrypted; use TLS, or set allow_plain where the network is trusted"
        raise ConfigError(reason, field=field)


def tls_context(folder: str, ca_file: str, cert_file: str, key_file: str, field: str) -> ssl.SSLContext:
    """A client's TLS: the machine's trusted certificates or those in `ca_file`, and its own where it has one."""
    try:
        context = ssl.create_default_context(cafile=str(Path(folder) / ca_file) if ca_file else None)
        if cert_file:
            context.load_cert_chain(str(Path(folder) / cert_file), str(Path(folder) / key_file) if key_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificates cannot be used ({error.strerror or error})", field=field) from error
    return context
