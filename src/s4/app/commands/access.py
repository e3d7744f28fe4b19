"""`s4 device`, `s4 site`, `s4 user`, `s4 login`: who may come in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from s4.app.commands import devices

if TYPE_CHECKING:
    from s4.shield.credentials import Credentials

_DataDir = Annotated[Path, typer.Option(help="The data folder.")]
_DATA = Path("s4-data")
Holder = Literal["device", "site", "user"]
_WHAT: dict[Holder, str] = {
    "device": "Devices and their secrets.",
    "site": "Edge sites and their secrets.",
    "user": "People and their secrets.",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    add: dict[Holder, Callable[..., None]] = {"site": add_site, "user": add_user}
    for holder, what in _WHAT.items():
        group = typer.Typer(help=what, no_args_is_help=True)
        for verb, command in _common(holder).items():
            group.command(verb)(command)
        if holder == "device":
            devices.add_to(group)
        else:
            group.command("add")(add[holder])
        app.add_typer(group, name=holder)
    app.command("login")(login)


def _credentials(data_dir: Path) -> Credentials:
    from s4.core.clock import RealClock
    from s4.shield.credentials import Credentials

    return Credentials(data_dir / "credentials.json", RealClock())


def add_site(
    site: Annotated[str, typer.Argument(help="The site's id, as in city.toml.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    data_dir: _DataDir = _DATA,
) -> None:
    """Let an edge site in. Its secret is printed once, here, and kept nowhere; a running hub takes it within a second.

    \b
    Example:
      s4 site add square > square.secret
    """
    typer.echo(_credentials(data_dir).add_site(site, name))


def add_user(
    user: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[str, typer.Option(help="viewer, operator, supervisor, dpo or admin.")] = "operator",
    name: Annotated[str, typer.Option(help="What people call them.")] = "",
    data_dir: _DataDir = _DATA,
) -> None:
    """Let a person in. Their secret is printed once, here, and kept nowhere.

    \b
    Example:
      s4 user add ana --role supervisor --name "Ana García"
    """
    typer.echo(_credentials(data_dir).add_user(user, role, name))


def _common(holder: Holder) -> dict[str, Callable[..., None]]:
    def list_all(data_dir: _DataDir = _DATA) -> None:
        """List them; secrets are not kept and cannot be shown."""
        from s4.core.clock import format_time

        for row in _credentials(data_dir).list(holder):
            state = f"revoked {format_time(row.revoked)}" if row.revoked else (row.role or "valid")
            typer.echo(f"{row.id:<24} {state:<34} {row.name}")

    def rotate(who: Annotated[str, typer.Argument(help="Its id.")], data_dir: _DataDir = _DATA) -> None:
        """Give a new secret, printed once; the old one is worth nothing from now on."""
        typer.echo(_credentials(data_dir).rotate(holder, who))

    def revoke(who: Annotated[str, typer.Argument(help="Its id.")], data_dir: _DataDir = _DATA) -> None:
        """Shut out, within a second."""
        _credentials(data_dir).revoke(holder, who)

    common = {"rotate": rotate, "revoke": revoke}
    return common if holder == "device" else {"list": list_all, **common}


def login(
    user: Annotated[str, typer.Option(help="Who signs in.")] = "operator",
    role: Annotated[str, typer.Option(help="In which role.")] = "supervisor",
    data_dir: _DataDir = _DATA,
) -> None:
    """Print a link that signs somebody in to the running s4, once, within ten minutes.

    \b
    Example:
      s4 login --user ana --role operator
    """
    import asyncio

    from s4.app.ask import login_link
    from s4.shield.roles import role_named
    from s4.shield.sessions import Person

    typer.echo(asyncio.run(login_link(data_dir, Person(user, role_named(role), user.capitalize()))))
