"""Who speaks SNMP: a community (v2c) or a user with keys (v3), as pysnmp wants to be told."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple

from s4.core.errors import ConfigError, InputError
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.secrets import secret

_OID: Final = re.compile(r"\.?[0-2](\.(0|[1-9][0-9]{0,9})){1,127}")
_ENGINE: Final = re.compile(r"(0x)?([0-9A-Fa-f]{2}){5,32}")
SHORTEST_KEY: Final = 8


class SnmpOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who we are to an agent, or who may send us traps.

    `version` `3`: `user` with `auth` and `auth_key`, and `priv` and `priv_key` for encryption (each key also from
    `…_file`). `version` `2c`: `community` or `community_file`; it travels unencrypted.
    """

    version: Literal["2c", "3"] = "3"
    community: str = ""
    community_file: str = ""
    user: str = ""
    auth: Literal["none", "md5", "sha", "sha256", "sha512"] = "sha256"
    auth_key: str = ""
    auth_key_file: str = ""
    priv: Literal["none", "des", "aes", "aes256"] = "aes"
    priv_key: str = ""
    priv_key_file: str = ""


class Person(NamedTuple):
    """The checked answer: a community for v2c, or user and keys for v3."""

    community: str
    user: str
    auth: str
    auth_key: str
    priv: str
    priv_key: str


def person(options: SnmpOptions, folder: str, owner: str) -> Person:
    """Read the secrets. Raises `ConfigError` for one that is missing or too short; nothing is taken for granted."""
    field = f"{owner}.options"
    community = secret(options.community, options.community_file, folder, f"{field}.community")
    auth_key = secret(options.auth_key, options.auth_key_file, folder, f"{field}.auth_key")
    priv_key = secret(options.priv_key, options.priv_key_file, folder, f"{field}.priv_key")
    if options.version == "2c":
        if not community:
            raise ConfigError("is missing (there is no default community)", field=f"{field}.community")
        return Person(community, "", "none", "", "none", "")
    if not options.user:
        raise ConfigError("is missing", field=f"{field}.user")
    for name, kind, key in (("auth_key", options.auth, auth_key), ("priv_key", options.priv, priv_key)):
        if kind != "none" and len(key) < SHORTEST_KEY:
            raise ConfigError(f"is missing or shorter than {SHORTEST_KEY} characters", field=f"{field}.{name}")
    if options.priv != "none" and options.auth == "none":
        raise ConfigError("there is no encryption without authentication", field=f"{field}.priv")
    return Person("", options.user, options.auth, auth_key, options.priv, priv_key)


def protocols(who: Person) -> tuple[Any, Any]:
    """The identifiers of authentication and encryption that pysnmp knows."""
    from pysnmp.entity import config

    auth = {
        "none": config.USM_AUTH_NONE, "md5": config.USM_AUTH_HMAC96_MD5, "sha": config.USM_AUTH_HMAC96_SHA,
        "sha256": config.USM_AUTH_HMAC192_SHA256, "sha512": config.USM_AUTH_HMAC384_SHA512,
    }  # fmt: skip
    priv = {
        "none": config.USM_PRIV_NONE, "des": config.USM_PRIV_CBC56_DES, "aes": config.USM_PRIV_CFB128_AES,
        "aes256": config.USM_PRIV_CFB256_AES,
    }  # fmt: skip
    return auth[who.auth], priv[who.priv]


def check_oid(text: str) -> str:
    """An object identifier such as 1.3.6.1.2.1.1.3.0, without a leading dot. Raises `InputError`.

    >>> check_oid(".1.3.6.1")
    '1.3.6.1'
    """
    if not _OID.fullmatch(text):
        raise InputError(f"{text[:70]!r} is no object identifier such as 1.3.6.1.2.1.1.3.0")
    return text.removeprefix(".")


def check_engine(text: str) -> bytes:
    """A v3 engine id in hexadecimal. Raises `InputError`."""
    if not _ENGINE.fullmatch(text):
        raise InputError(f"{text[:70]!r} is no engine id of 5 to 32 bytes in hexadecimal")
    return bytes.fromhex(text.removeprefix("0x"))


def plain(value: Any) -> float | str | bytes | None:
    """A value of SNMP → a number, text, or bytes that are no text; None for "there is none"."""
    kind = type(value).__name__
    if kind in {"NoSuchObject", "NoSuchInstance", "EndOfMibView", "Null", "UnSpecified"}:
        return None
    if kind == "OctetString" or kind.endswith("String"):
        return _text(bytes(value))
    if kind in {"IpAddress", "ObjectIdentifier", "ObjectIdentity"}:
        return str(value.prettyPrint())
    try:
        return float(int(value))
    except (TypeError, ValueError):
        return str(value.prettyPrint())


def _text(data: bytes) -> str | bytes:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    return text if text.isprintable() or not text.strip().translate(_BLANKS) else data


_BLANKS: Final = {9: None, 10: None, 13: None}
