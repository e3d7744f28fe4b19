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
    """Say how a running city is doing: addresses, streams, consumers that lag, dead letters.

    \b
    Example:
      s4 status --data-dir /var/lib/s4
    """
    import asyncio
    import json

    found = asyncio.run(_ask(data_dir))
    typer.echo(json.dumps(found) if as_json else _in_words(found))


async def _ask(data_dir: Path) -> dict[str, Any]:
    import msgspec

    from s4.app.reach import connected, running_here
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
        "dead_letters": next((s.state.messages for s in streams if s.config.name == DEAD), 0),
    }


def _in_words(found: dict[str, Any]) -> str:
    where = found["addresses"]
    lines = [f"{where['city']} runs (process {where['pid']}).", f"  page   {where['http']}", f"  bus    {where['bus']}"]
    lines += [f"  mqtt   {where['mqtt']}", "", "stream                 messages        MiB"]
    lines += [f"{s['name']:<20} {s['messages']:>10,} {s['bytes'] / 2**20:>10,.1f}" for s in found["streams"]]
    lines += ["", "consumer                        waiting"]
    lines += [f"{c['name']:<28} {c['waiting']:>10,}" for c in found["consumers"]]
    dead = found["dead_letters"]
    lines += ["", "no dead letters" if not dead else f"{dead:,} dead letters (look: s4 dead list)"]
    return "\n".join(lines)
