"""`s4 evidence`: what was kept of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What was kept of what happened.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check)
    group.command("key")(make_key)
    group.command("open")(open_original)
    app.add_typer(group, name="evidence")


def _group() -> None:
    """What was kept of what happened."""


def check(
    files: Annotated[
        list[Path], typer.Argument(help="Pieces of evidence, each with its proof beside.", metavar="FILE")
    ],
    key: Annotated[Path, typer.Option(help="The site's public key (PEM), from a hand that you trust.")],
) -> None:
    """Say what each file is, if the site signed it and nothing was changed since.

    \b
    Example:
      s4 evidence check ev-1.mp4 --key evidence.pub
    """
    from s4.core.clock import format_time
    from s4.core.errors import InputError
    from s4.shield.site_key import read_public
    from s4.shield.vault import check as checked

    public, wrong = read_public(key), []
    for file in files:
        try:
            one = checked(file, public)
        except InputError as error:
            wrong.append(error)
            continue
        start, end = (format_time(time) for time in (one.evidence.start, one.evidence.end))
        typer.echo(f"{file}: {one.evidence.title or one.evidence.type}, {one.source}, {one.city}, {start} to {end}")
    for complaint in wrong[:-1]:
        typer.echo(f"s4: {complaint}", err=True)
    if wrong:
        raise wrong[-1]


_Passphrase = Annotated[
    Path | None, typer.Option(help="File that holds the passphrase of the key; asked for without one.")
]


def make_key(
    out: Annotated[Path, typer.Option(help="The key file to make. Keep it where no machine of the city is.")],
    passphrase_file: _Passphrase = None,
) -> None:
    """Make the key of somebody who may help to open originals; print its public half, for the city's description.

    \b
    Example:
      s4 evidence key --out dora.key
    """
    from s4.shield.person_key import make_key as make

    phrase = _secret(passphrase_file, "Passphrase of the new key, 12 characters or more", twice=True)
    typer.echo(make(out, phrase))


def open_original(
    ref: Annotated[str, typer.Argument(help="The clip whose original is wanted, as its incident names it.")],
    user: Annotated[str, typer.Option(help="Your name, as you sign in.")],
    key: Annotated[Path, typer.Option(help="Your key file (s4 evidence key).")],
    reason: Annotated[str, typer.Option(help="Why it has to be opened. Goes into the audit log.")],
    out: Annotated[Path | None, typer.Option(help="Write the film (MP4) here once both have agreed.")] = None,
    server: Annotated[str, typer.Option(help="Where s4 runs that keeps it: https://…; empty: on --data-dir.")] = "",
    data_dir: Annotated[Path, typer.Option(help="The data folder of an s4 on this machine.")] = Path("s4-data"),
    secret_file: Annotated[
        Path | None, typer.Option(help="File that holds the secret with which you sign in; asked for without one.")
    ] = None,
    passphrase_file: _Passphrase = None,
) -> None:
    """Agree that the un-blurred original of a clip is opened; when the other office has agreed too, fetch it.

    It takes a data-protection officer and a supervisor, two people, within ten minutes, each with their own key and
    reason. It can be fetched once.

    \b
    Example:
      s4 evidence open ev-1.mp4 --user dora --key dora.key --reason "police request 17/26" --out film.mp4
    """
    from s4.app.originals import Opener
    from s4.app.reach import running_here
    from s4.core.clock import format_time
    from s4.core.errors import InputError
    from s4.shield.person_key import read_key

    if out is not None and out.exists():
        raise InputError("is there already: choose another file", file=str(out))
    opener = Opener(server or running_here(data_dir).http, user, _secret(secret_file, f"Secret of {user}"))
    private = read_key(key, _secret(passphrase_file, f"Passphrase of {key}"))
    consent = opener.agree(ref, private, reason)
    if consent.state == "waiting":
        typer.echo(f"{ref}: you have agreed; it waits for a {consent.office} until {format_time(consent.until)}")
    elif out is None:
        typer.echo(f"{ref}: both have agreed; fetch it with --out until {format_time(consent.until)}")
    else:
        _develop(opener.fetch(ref), out)


def _develop(records: Iterator[bytes], out: Path) -> None:
    """Write the film; what came before something went wrong with it stays, and what went wrong is said."""
    from s4.detection.video.evidence.original import develop

    out.touch(mode=0o600, exist_ok=False)
    typer.echo(f"{out}: {develop(records, out)} pictures, un-blurred: delete it when it has served its purpose")


def _secret(file: Path | None, prompt: str, *, twice: bool = False) -> str:
    from s4.sensing.services.secrets import secret

    if file is not None:
        return secret("", str(file), ".", "secret")
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))
