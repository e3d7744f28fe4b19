"""The leaf link in the configuration of the bus' server: how the hub takes edge sites in, how a site reaches its hub.

A site's credential allows it to speak on `s4.up.<site>.*` and to hear `s4.down.<site>.*`, nothing else: what is on the
hub's bus stays there. The site for its part lets nothing else out or in, whatever the hub's configuration says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import msgspec

WATCHER: Final = "s4-watch"
"""The user name under which s4 asks its own server about leaf links."""
_PRIVATE: Final = (
    "$JS.>",
    "$MQTT.>",
    "_INBOX.>",
    "s4.in.>",
    "s4.out.>",
    "s4.admin.>",
    "s4.gap.>",
    "s4.live.>",
    "$SRV.>",
)
_WORDS: Final = (
    "observation", "detection", "incident", "risk", "recommendation", "command", "task", "unit", "dead"
)  # fmt: skip


class LeafListen(msgspec.Struct, frozen=True):
    """Where the hub takes sites in. `sites`: site → bcrypt hash of its secret; `cert`, `key`: files of a TLS
    certificate, or "" for none.
    """

    host: str
    port: int
    sites: Mapping[str, str] = {}
    cert: str = ""
    key: str = ""


class LeafRemote(msgspec.Struct, frozen=True):
    """A site's hub. `site`: whose credential; `host`, `port`; `tls`: whether the link is encrypted, `ca`: the file of
    the authority that signed the hub's certificate ("": the system's); `disabled`: for the moment not connected.
    """

    site: str
    secret: str
    host: str
    port: int
    tls: bool = False
    ca: str = ""
    disabled: bool = False

    @property
    def domain(self) -> str:
        """The site's own JetStream domain."""
        return f"site-{self.site}"


def site_name(site: str) -> str:
    """A site's user name on the hub; no device can be called so.

    >>> site_name("square")
    'site.square'
    """
    return f"site.{site}"


def site_user(site: str, password_hash: str) -> str:
    """The hub's entry for a site.

    >>> '"s4.up.square.*"' in site_user("square", "$2b$…")
    True
    """
    permissions = {"publish": {"allow": [f"s4.up.{site}.*"]}, "subscribe": {"allow": [f"s4.down.{site}.*"]}}
    entry = {
        "user": site_name(site),
        "password": password_hash,
        "permissions": permissions,
        "allowed_connection_types": ["LEAFNODE"],
    }
    return json.dumps(entry)


def listen_block(plan: LeafListen, password: str) -> str:
    """The hub's `leafnodes` block, and the account through which its s4 asks which sites are connected."""
    tls = ""
    if plan.cert:
        tls = f"  tls {{\n    cert_file: {json.dumps(plan.cert)}\n    key_file: {json.dumps(plan.key)}\n  }}\n"
    listen = json.dumps(f"{plan.host}:{plan.port}")
    return f"leafnodes {{\n  listen: {listen}\n  no_advertise: true\n{tls}}}\n{_watcher(password)}"


def remote_block(plan: LeafRemote, password: str) -> str:
    """A site's `leafnodes` block, and the account through which its s4 asks how the link is."""
    scheme = "tls" if plan.tls else "nats-leaf"
    host = f"[{plan.host}]" if ":" in plan.host else plan.host
    private = [*_PRIVATE, *(f"s4.*.*.{word}.>" for word in _WORDS)]
    remote: dict[str, object] = {
        "urls": [f"{scheme}://{site_name(plan.site)}:{plan.secret}@{host}:{plan.port}"],
        "deny_exports": private,
        "deny_imports": private,
        "disabled": plan.disabled,
    }
    if plan.tls and plan.ca:
        remote["tls"] = {"ca_file": plan.ca}
    return f'leafnodes {{\n  reconnect: "1s"\n  remotes = [ {json.dumps(remote)} ]\n}}\n{_watcher(password)}'


def _watcher(password: str) -> str:
    return f"accounts {{ $SYS {{ users: [ {json.dumps({'user': WATCHER, 'password': password})} ] }} }}\n"
