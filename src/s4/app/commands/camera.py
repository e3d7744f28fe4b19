"""`s4 camera`: which cameras there are in the network, and where their streams are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Find network cameras and their streams (ONVIF).", no_args_is_help=True)
    group.command("discover")(discover)
    group.command("streams")(streams)
    app.add_typer(group, name="camera")


def discover(
    wait_s: Annotated[float, typer.Option(min=0.1, max=60.0, help="How long to wait for answers, seconds.")] = 3.0,
    interface: Annotated[str, typer.Option(help="Address of our own by which to ask; empty for the usual one.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write here instead of to standard output.")] = None,
) -> None:
    """Ask the local network for cameras (WS-Discovery): a JSON line for each that answers.

    \b
    Example:
      s4 camera discover --wait-s 5
    """
    import msgspec

    from s4.app.output import lines_to
    from s4.sensing.onvif.discovery import discover as ask

    with lines_to(out) as write:
        for device in ask(wait_s, interface=interface):
            write(msgspec.json.encode(device._asdict()))


def streams(
    url: Annotated[str, typer.Argument(help="The camera's device service: http://<host>/onvif/device_service.")],
    user: Annotated[str, typer.Option(help="Name of an ONVIF user of the camera.")] = "",
    password_file: Annotated[Path | None, typer.Option(help="File that holds the user's password.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of to standard output.")] = None,
) -> None:
    """Ask a camera for its streams: a JSON line for each, the largest first, with no password in it.

    \b
    Example:
      s4 camera streams http://10.0.0.7/onvif/device_service --user s4 --password-file camera.key
    """
    import re

    import msgspec

    from s4.app.output import lines_to
    from s4.core.clock import RealClock
    from s4.sensing.onvif.media import OnvifCamera
    from s4.sensing.services.secrets import secret

    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", url):
        raise typer.BadParameter("must be http:// or https://, without user and password", param_hint="URL")
    if bool(user) != bool(password_file):
        raise typer.BadParameter("go together", param_hint="--user and --password-file")
    password = secret("", str(password_file or ""), ".", "password")
    with lines_to(out) as write:
        for stream in OnvifCamera(url, RealClock(), user=user, password=password).streams():
            write(msgspec.json.encode(stream._asdict()))
