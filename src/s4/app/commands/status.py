"""`s4 status`: how a running city is doing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(
    data_dir: Annotated[Path, typer.Option(help="The data folder of the running s4.")] = Path("s4-data"),
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Say how a running city is doing: addresses, streams, consumers that lag, exports, dead letters.

    \b
    Example:
      s4 status --data-dir /var/lib/s4
    """
    import asyncio
    import json

    found = asyncio.run(_ask(data_dir))
    typer.echo(json.dumps(found) if as_json else _in_words(found))


async def _ask(data_dir: Path) -> dict[str, Any]:
    import contextlib
    import json

    import msgspec
    from nats.errors import Error as NatsError

    from s4.app.reach import connected, running_here
    from s4.app.run import exports_subject
    from s4.runtime.streams import DEAD

    addresses = running_here(data_dir)
    async with connected(data_dir) as bus:
        js = bus.client.jetstream()
        streams = await js.streams_info()
        consumers = {
            stream.config.name: await js.consumers_info(stream.config.name or "")
            for stream in streams
            if stream.state.consumer_count
        }
        exports: list[dict[str, Any]] = []
        with contextlib.suppress(NatsError, TimeoutError):  # a process that is just starting or stopping says nothing
            exports = json.loads((await bus.client.request(exports_subject(addresses), timeout=1)).data)
    return {
        "addresses": msgspec.to_builtins(addresses),
        "streams": [
            {"name": s.config.name, "messages": s.state.messages, "bytes": s.state.bytes}
            for s in streams
            if not str(s.config.name).startswith("$MQTT_") or s.config.name == "$MQTT_msgs"
        ],
        "consumers": [
            {"name": str(c.name).partition("_")[0], "stream": stream, "waiting": (c.num_pending or 0)}
            for stream, found in consumers.items()
            for c in found
        ],
        "exports": exports,
        "dead_letters": next((s.state.messages for s in streams if s.config.name == DEAD), 0),
    }


def _in_words(found: dict[str, Any]) -> str:
    where = found["addresses"]
    lines = [f"{where['city']} runs (process {where['pid']}).", f"  page   {where['http']}", f"  bus    {where['bus']}"]
    lines += [f"  mqtt   {where['mqtt']}", "", "stream                 messages        MiB"]
    lines += [f"{s['name']:<20} {s['messages']:>10,} {s['bytes'] / 2**20:>10,.1f}" for s in found["streams"]]
    lines += ["", "consumer                        waiting"]
    lines += [f"{c['name']:<28} {c['waiting']:>10,}" for c in found["consumers"]]
    lines += _exports_in_words(found["exports"])
    dead = found["dead_letters"]
    lines += ["", "no dead letters" if not dead else f"{dead:,} dead letters (look: s4 dead list)"]
    return "\n".join(lines)


def _exports_in_words(exports: list[dict[str, Any]]) -> list[str]:
    if not exports:
        return []
    lines = ["", "export               state            sent    waiting    on disk       dead    dropped  oldest s"]
    for e in exports:
        waiting, dead = e["memory_rows"] + e["disk_rows"], f"{e['dead']:>10,} {e['dropped']:>10,}"
        lines.append(
            f"{e['id']:<20} {e['state']:<10} {e['sent']:>10,} {waiting:>10,} {e['disk_rows']:>10,} {dead} "
            f"{e['oldest_s']:>9,.0f}"
        )
        if e["last_error"]:
            lines.append(f"  {e['last_error']}")
        if e["missed"]:
            lines.append(f"  the bus no longer held {e['missed']:,} messages, at most so many of this export")
    return lines
