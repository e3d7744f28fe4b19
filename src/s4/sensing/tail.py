"""Tail: follow a growing log file through rotation and truncation, and remember how far it was read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from s4.core.errors import InputError
from s4.core.model.raw import LARGEST_RAW
from s4.sensing.files import Line

_MARK: Final = 256
_HEAD: Final = 65_536
_COUNTING: Final = 1 << 20


class Position(msgspec.Struct, frozen=True):
    """How far a log was read: which file (`device`, `inode`, and a digest of its first `marked` bytes), how many
    bytes (`offset`) and lines.
    """

    device: int
    inode: int
    marked: int
    mark: str
    offset: int
    lines: int


def load_position(path: Path) -> Position | None:
    """What `save_position` wrote, or None when there is nothing. Raises `InputError` when it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Position)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"holds no position of a log ({error}); remove it to start afresh", file=str(path)) from error


def save_position(path: Path, position: Position) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(msgspec.json.encode(position))
    fresh.replace(path)


class Tail:
    """Reads what is added to `path`, from `position` on, else from the end of what is there (`from_start`: the start).

    Lines come without their end, a line that is not finished yet comes later. When the file is renamed away its
    rest is read first, then the new file; when it is cut, reading starts over. A file that is cut and has grown
    past the old position between two reads cannot be told from one that has only grown. Blocks; use a thread.
    """

    def __init__(self, path: Path, position: Position | None = None, *, from_start: bool = False) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._offset = self._lines = 0
        self._skipping = self._leaving = False
        if position is not None:
            self._resume(position)
        elif not from_start and self._open():
            self._to_end()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def position(self) -> Position | None:
        """Up to where everything was read; None while there is no file."""
        if self._file is None:
            return None
        state = os.fstat(self._file.fileno())
        marked = min(_MARK, self._offset)
        return Position(state.st_dev, state.st_ino, marked, _mark(self._file, marked), self._offset, self._lines)

    def head(self) -> list[bytes]:
        """The comment lines (`#`) at the start of the open file: a Zeek log names its columns there."""
        if self._file is None:
            return []
        lines = os.pread(self._file.fileno(), min(_HEAD, self._offset), 0).split(b"\n")
        return [line for line in lines if line.startswith(b"#")]

    def read(self, most: int = 1024) -> list[Line]:
        """The next lines, at most `most`; none when nothing was added or there is no file."""
        if self._file is None and not self._open():
            return []
        return list(self._complete(most)) or self._at_end()

    def _complete(self, most: int) -> Iterator[Line]:
        file = self._handle()
        if os.fstat(file.fileno()).st_size < self._offset:
            self._offset = self._lines = 0
            self._skipping = False
        block = os.pread(file.fileno(), LARGEST_RAW + 1, self._offset)
        *lines, rest = block.split(b"\n")
        for text in lines[:most]:
            self._offset += len(text) + 1
            if self._skipping:
                self._skipping = False
                continue
            self._lines += 1
            yield Line(self._lines, text.removesuffix(b"\r"))
        if not lines and len(rest) > LARGEST_RAW:
            yield from self._overlong(rest)

    def _overlong(self, part: bytes) -> Iterator[Line]:
        self._offset += len(part)
        if not self._skipping:
            self._skipping = True
            self._lines += 1
            yield Line(self._lines, part[:1024], too_long=True)

    def _at_end(self) -> list[Line]:
        """Nothing complete is left: was the file renamed away? Then its last words, and on to the new one.

        Its writer may hold it open for a moment after the renaming, so it is left at the second look.
        """
        if not self._renamed():
            return []
        if not self._leaving:
            self._leaving = True
            return []
        rest = b"" if self._skipping else os.pread(self._handle().fileno(), LARGEST_RAW, self._offset)
        last = [Line(self._lines + 1, rest)] if rest else []
        self.close()
        self._open()
        return last

    def _renamed(self) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        here = os.fstat(self._handle().fileno())
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)

    def _handle(self) -> IO[bytes]:
        if self._file is None:
            raise InputError("is not open", file=str(self._path))
        return self._file

    def _open(self, path: Path | None = None) -> bool:
        try:
            self._file = (path or self._path).open("rb", buffering=0)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", file=str(self._path)) from error
        self._offset = self._lines = 0
        self._skipping = self._leaving = False
        return True

    def _to_end(self) -> None:
        """Step over what is there, counting its lines; stops after the last whole one."""
        file = self._handle()
        at = 0
        while block := os.pread(file.fileno(), _COUNTING, at):
            self._lines += block.count(b"\n")
            end = block.rfind(b"\n")
            self._offset = at + end + 1 if end >= 0 else self._offset
            at += len(block)

    def _resume(self, position: Position) -> None:
        """Go on where `position` says, be it in the file of that name or in one it was since renamed to."""
        siblings = sorted(self._path.parent.glob(self._path.name + "*")) if self._path.parent.is_dir() else []
        for path in (self._path, *siblings):
            if self._open_same(path, position):
                self._offset, self._lines = position.offset, position.lines
                return
        self._open()

    def _open_same(self, path: Path, position: Position) -> bool:
        if not path.is_file() or not self._open(path):
            return False
        file = self._handle()
        state = os.fstat(file.fileno())
        same = (state.st_dev, state.st_ino) == (position.device, position.inode)
        if same and state.st_size >= position.offset and _mark(file, position.marked) == position.mark:
            return True
        self.close()
        return False


def _mark(file: IO[bytes], length: int) -> str:
    return hashlib.blake2b(os.pread(file.fileno(), length, 0), digest_size=16).hexdigest()
