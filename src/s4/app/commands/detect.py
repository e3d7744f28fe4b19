"""`s4 detect`: what a recording shows, from the shell."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s4.core.errors import InputError
    from s4.core.model import Frame
    from s4.detection.video.finder import PeopleFinder
    from s4.detection.video.settings import Settings

_TELL_S = 1.0


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Look for what matters in a recording.", no_args_is_help=True)
    group.callback()(_group)
    group.command("video")(video)
    app.add_typer(group, name="detect")


def _group() -> None:
    """Look for what matters in a recording."""


def video(
    files: Annotated[
        list[Path],
        # One that may not be read is a bad file, not a mistake of usage, and the others go on.
        typer.Argument(help="One camera's recording, in one or more files.", metavar="FILE", readable=False),
    ],
    config: Annotated[Path | None, typer.Option(help="The camera: settings and zones (TOML).")] = None,
    fps: Annotated[float, typer.Option(min=0, max=1000, help="True pictures a second where the file lies.")] = 0.0,
    model: Annotated[
        list[Path] | None, typer.Option(help="ONNX file that finds people or things (see: s4 models).")
    ] = None,
    annotate: Annotated[Path | None, typer.Option(help="Write the pictures here too, people blurred (MP4).")] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of to standard output.")] = None,
) -> None:
    """Say what happens in a recording: a JSON line for each detection and each person in each picture.

    \b
    Example:
      s4 detect video square.mp4 --out detections.jsonl
      s4 detect video square.mp4 --annotate seen.mp4 --out detections.jsonl
      s4 detect video square.mp4 --model models/picodet.onnx --out detections.jsonl
      s4 detect video part1.avi part2.avi --config gate.toml --fps 12.5
    """
    import msgspec

    from s4.app.output import lines_to
    from s4.detection.video.camfile import CameraFile, read_camera
    from s4.detection.video.evidence.annotate import annotating
    from s4.detection.video.report import report
    from s4.sensing.recording import Recording

    camera = read_camera(config) if config else CameraFile()
    finder = _finder(camera.settings, model or [], config.parent if config else Path())
    troubles: list[InputError] = []
    width = 0 if annotate else camera.settings.width_px  # what is not looked at need not be made
    frames = Recording(files, fps=fps or camera.fps, width=width, trouble=troubles.append).frames()
    encode = msgspec.json.Encoder().encode
    with annotating(annotate, files) as seen, lines_to(out) as write:
        for line in report(_told(frames), camera.settings, camera.zones, camera.place, seen, finder):
            write(encode(line))
    for trouble in troubles[:-1]:
        sys.stderr.write(f"s4: {trouble}\n")
    if troubles:
        raise troubles[-1]


def _finder(settings: Settings, models: list[Path], folder: Path) -> PeopleFinder:
    """By the models of the command line, else by those of the camera's file."""
    import msgspec

    from s4.detection.video.models.card import card_path
    from s4.detection.video.models.finder import finder_of

    for path in models:
        if path.is_file() and not card_path(path).exists():
            sys.stderr.write(f"{path}: has no card, so its labels and licence are guessed (see: s4 models add)\n")
    if models:
        settings = msgspec.structs.replace(settings, models=tuple(map(str, models)))
    return finder_of(settings, Path() if models else folder)


def _told(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The same, with a line on stderr about how far it is, where a person sits before it."""
    started = said = time.monotonic()
    frame = None
    for frame in frames:
        yield frame
        now = time.monotonic()
        if sys.stderr.isatty() and now - said >= _TELL_S:
            said = now
            pace = frame.number / (now - started)
            sys.stderr.write(
                f"\r{frame.source}: {frame.number} pictures, {frame.time / 1e9:.0f} s, {pace:.0f} a second "
            )
    if frame is not None and said > started:
        with contextlib.suppress(OSError):
            sys.stderr.write("\n")
