"""The configuration file of the bus' server: loopback, one credential per device, JetStream on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from s4.runtime.nats_leaf import LeafListen, LeafRemote, listen_block, remote_block, site_user


class ServerPlan(msgspec.Struct, frozen=True):
    """What the server is to be. Ports are on `host`; `sync_interval`: as NATS writes durations, or `always`;
    `runner_password`: s4's own, random; `devices`: device id → bcrypt hash of its secret;
    `listen`: takes edge sites in; `remote`: is an edge site's, with a hub; `heap_growth`: by how many per cent its heap
    may grow before it is collected. Go's own 100 takes 6 MB more than 50 at 1,000 readings/s; 25 takes 5 to 10 less
    than that, and a quarter less is recorded when messages come one by one as fast as they can.
    """

    name: str
    store_dir: Path
    host: str
    port: int
    mqtt_port: int
    runner_password: str
    devices: Mapping[str, str] = {}
    sync_interval: str = "1s"
    listen: LeafListen | None = None
    remote: LeafRemote | None = None
    max_file_bytes: int = 16 << 30
    max_memory_bytes: int = 64 << 20
    heap_growth: int = 50


RUNNER = "s4-runner"
"""The user name under which s4 itself speaks on the bus."""


def render(plan: ServerPlan) -> str:
    """The configuration as text. A device may publish on its own inlet and hear its own outlet, nothing else.

    >>> plan = ServerPlan("s4-x", Path("/data"), "127.0.0.1", 4222, 1883, "p", {"d1": "$2b$…"})
    >>> '"s4.in.d1.>"' in render(plan)
    True
    """
    users = [{"user": RUNNER, "password": plan.runner_password, "allowed_connection_types": ["STANDARD"]}]
    blocks = [json.dumps(user) for user in users] + [_device(name, hash_) for name, hash_ in plan.devices.items()]
    if plan.listen:
        blocks += [site_user(name, hash_) for name, hash_ in plan.listen.sites.items()]
    listed = ",\n    ".join(blocks)
    domain = f"  domain: {json.dumps(plan.remote.domain)}\n" if plan.remote else ""
    leaf = listen_block(plan.listen, plan.runner_password) if plan.listen else ""
    leaf = remote_block(plan.remote, plan.runner_password) if plan.remote else leaf
    return f"""\
server_name: {json.dumps(plan.name)}
listen: {json.dumps(f"{plan.host}:{plan.port}")}
max_payload: 1MB
max_pending: 64MB
write_deadline: "10s"
jetstream {{
  store_dir: {json.dumps(str(plan.store_dir))}
  sync_interval: {json.dumps(plan.sync_interval)}
  max_file_store: {plan.max_file_bytes}
  max_memory_store: {plan.max_memory_bytes}
{domain}}}
mqtt {{
  listen: {json.dumps(f"{plan.host}:{plan.mqtt_port}")}
  ack_wait: "30s"
  max_ack_pending: 1024
}}
authorization {{
  timeout: 5
  users = [
    {listed}
  ]
}}
{leaf}"""


def _device(name: str, password_hash: str) -> str:
    # NATS keeps an MQTT session's QoS 1 deliveries on $MQTT.sub; without it a device could not subscribe at all.
    # MQTT's `#` also means the level above it: `s4/out/gate-2/#` is `s4.out.gate-2` and `s4.out.gate-2.>`.
    permissions = {
        "publish": {"allow": [f"s4.in.{name}.>"]},
        "subscribe": {"allow": [f"s4.out.{name}", f"s4.out.{name}.>", "$MQTT.sub.>"]},
    }
    entry = {
        "user": name,
        "password": password_hash,
        "permissions": permissions,
        "allowed_connection_types": ["MQTT"],
    }
    return json.dumps(entry)
