"""`s4 device`: provision a device, see how all are doing, let one in, work on one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from s4.core.profile import DeviceProfile

_DataDir = Annotated[Path, typer.Option(help="The data folder.")]
_DATA = Path("s4-data")
_Device = Annotated[str, typer.Argument(help="The device's id.")]
_Why = Annotated[str, typer.Option(help="Why, in your own words; it goes into the audit log.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands to `s4 device`."""
    group.command("add")(add)
    group.command("list")(list_all)
    group.command("approve")(approve)
    group.command("reject")(reject)
    group.command("maintain")(maintain)
    group.command("resume")(resume)


def add(
    device: Annotated[str, typer.Argument(help="The device's id, as in city.toml.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    profile: Annotated[Path | None, typer.Option(help="YAML file that says what kind of device it is.")] = None,
    site: Annotated[str, typer.Option(help="The site where it stands.")] = "",
    city: Annotated[Path | None, typer.Option(help="Write it into this city.toml; else the lines are shown.")] = None,
    data_dir: _DataDir = _DATA,
) -> None:
    """Let a device in. Its secret is printed once, here, and kept nowhere; a running s4 takes it within a second.

    With a profile, the lines that describe it are written into the city's file, or shown beside the secret.

    \b
    Examples:
      s4 device add co2-1 --name "Air, Plaza Nueva"
      s4 device add co2-2 --profile profiles/air-co2.yaml --site square --city city.toml
    """
    from s4.core.clock import RealClock
    from s4.core.errors import ConfigError
    from s4.core.profile_file import load_profile
    from s4.core.subjects import check_name
    from s4.shield.credentials import Credentials

    check_name(device, field="device")
    if (city is not None or profile is not None) and not site:
        raise ConfigError("say where it stands (--site)", field="site")
    known = load_profile(profile) if profile is not None else None
    lines = _lines(device, name, site, profile, known, city) if site else ""
    if city is not None:
        _write_into(city, lines)
    secret = Credentials(data_dir / "credentials.json", RealClock()).add_device(device, name)
    typer.echo(secret)
    if lines and city is None:
        typer.echo(f"# Write this into city.toml:\n{lines}", err=True)


def _lines(
    device: str, name: str, site: str, profile: Path | None, known: DeviceProfile | None, city: Path | None
) -> str:  # fmt: skip
    import json
    import os

    rows = ["[[source]]", f"id = {json.dumps(device)}", f"site = {json.dumps(site)}", 'door = "device"']
    if name:
        rows.append(f"name = {json.dumps(name, ensure_ascii=False)}")
    if profile is not None:
        start = city.absolute().parent if city is not None else Path.cwd()
        where = os.path.relpath(profile.absolute(), start)
        about = f"  # {known.label or known.name}, {known.maker} {known.model}".rstrip(", ") if known else ""
        rows.append(f"profile = {json.dumps(where)}{about}")
    return "\n".join(rows) + "\n"


def _write_into(city: Path, lines: str) -> None:
    """Append, once it is sure that the city can still be read with it; a file that was cut off is never seen."""
    from s4.app.cityfile import load_city, parse_city

    load_city(city)
    text = city.read_text(encoding="utf-8")
    text = text + ("" if text.endswith("\n") else "\n") + "\n" + lines
    parse_city(text, file=str(city), folder=city.parent)
    beside = city.with_name(city.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(city.stat().st_mode & 0o777)
    beside.replace(city)


def list_all(
    data_dir: _DataDir = _DATA, as_json: Annotated[bool, typer.Option("--json", help="As one JSON list.")] = False
) -> None:
    """List the devices: how each is doing while s4 runs; else who has a credential. Secrets are not kept.

    \b
    Example:
      s4 device list --data-dir /var/lib/s4
    """
    import json

    if not (data_dir / "running.json").exists():
        typer.echo(json.dumps(_credentials(data_dir)) if as_json else _as_credentials(_credentials(data_dir)))
        return
    from s4.app.ask import Asker

    found = Asker(data_dir, "viewer").ask("GET", "/api/devices")
    typer.echo(json.dumps(found) if as_json else _as_table(found))


def _credentials(data_dir: Path) -> list[dict[str, Any]]:
    from s4.core.clock import RealClock
    from s4.shield.credentials import Credentials

    rows = Credentials(data_dir / "credentials.json", RealClock()).list("device")
    return [{"id": row.id, "name": row.name, "created": row.created, "revoked": row.revoked} for row in rows]


def _as_credentials(rows: list[dict[str, Any]]) -> str:
    from s4.core.clock import format_time

    lines = []
    for row in rows:
        state = f"revoked {format_time(row['revoked'])}" if row["revoked"] else "valid"
        lines.append(f"{row['id']:<24} {state:<34} {row['name']}".rstrip())
    return "\n".join(lines)


def _as_table(rows: list[dict[str, Any]]) -> str:
    from s4.core.clock import format_time

    head = f"{'device':<24} {'kind':<16} {'health':<11} {'last heard (UTC)':<25} {'battery':>7} {'clock ms':>9}"
    lines = [f"{head} {'taken':>10} {'refused':>8}  why"]
    for row in rows:
        heard = format_time(row["last_seen"]) if row["last_seen"] else "never"
        battery = "" if row["battery"] is None else f"{row['battery']:g}"
        ahead = "" if row["ahead_ms"] is None else f"{row['ahead_ms']:+.0f}"
        lines.append(
            f"{row['id']:<24} {row['profile'] or '-':<16} {row['health']:<11} {heard:<25} {battery:>7} {ahead:>9} "
            f"{row['accepted']:>10,} {row['refused'] + row['held']:>8,}  {row['reason'] or row['detail']}".rstrip()
        )
    return "\n".join(lines)


def approve(
    device: _Device,
    profile: Annotated[str, typer.Option(help="The name of its profile, one of the city's.")] = "",
    site: Annotated[str, typer.Option(help="The site where it stands.")] = "",
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    reason: _Why = "",
    data_dir: _DataDir = _DATA,
) -> None:
    """Let in a device that was seen for the first time and is not in city.toml.

    \b
    Example:
      s4 device approve a84041000181c061 --profile door-contact --site square --name "Back door"
    """
    _decide(data_dir, device, "approve", {"profile": profile, "site": site, "name": name, "reason": reason})


def reject(device: _Device, reason: _Why, data_dir: _DataDir = _DATA) -> None:
    """Keep out a device that is not in city.toml.

    \b
    Example:
      s4 device reject a84041000181c061 --reason "It is the neighbour's"
    """
    _decide(data_dir, device, "reject", {"reason": reason})


def maintain(device: _Device, reason: _Why = "", data_dir: _DataDir = _DATA) -> None:
    """Begin to work on a device: it raises no alarm until `s4 device resume`.

    \b
    Example:
      s4 device maintain gate-2 --reason "New motor"
    """
    _decide(data_dir, device, "maintain", {"reason": reason})


def resume(device: _Device, reason: _Why = "", data_dir: _DataDir = _DATA) -> None:
    """Be done with the work on a device."""
    _decide(data_dir, device, "resume", {"reason": reason})


def _decide(data_dir: Path, device: str, verb: str, body: dict[str, str]) -> None:
    from s4.app.ask import Asker

    done = Asker(data_dir, "admin").ask("POST", f"/api/devices/{device}/{verb}", body)
    typer.echo(f"{done['target']}: {done['action']} ({done['id']})")
