"""A disk of our own that can lose its power: an ext4 image on a loop device.

What is in the file behind the device is what has reached the disk; what the kernel still holds back is not in it. A
copy of that file, while everybody who writes is held still, is the disk as a power cut would leave it.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MIB = 512
# Only what is synced on purpose may reach the disk while a test looks: no journal commit of the kernel's own accord.
OPTIONS = "loop,commit=300,noatime"


class NoDiskError(Exception):
    """This machine does not let us mount one."""


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise NoDiskError(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


@dataclass(frozen=True)
class Disk:
    """A mounted image: `image` is what lies on the disk, `folder` is where it is used."""

    image: Path
    folder: Path

    def sectors_written(self) -> int:
        """How much the kernel has written to it so far."""
        device = Path(run("findmnt", "-n", "-o", "SOURCE", self.folder).strip()).name
        return int(Path(f"/sys/block/{device}/stat").read_text().split()[6])

    def cut_power(self, to: Path) -> None:
        """Copy the disk as it is at this instant. Nobody may be writing."""
        for _ in range(20):
            before = self.sectors_written()
            run("cp", "--sparse=always", self.image, to)
            if self.sectors_written() == before:
                return
        raise AssertionError("somebody went on writing")


@contextmanager
def formatted(image: Path) -> Iterator[Disk]:
    """A new, empty disk."""
    try:
        with image.open("wb") as file:
            file.truncate(SIZE_MIB << 20)
        run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
    except OSError as error:
        raise NoDiskError(str(error)) from error
    with mounted(image) as disk:
        yield disk


@contextmanager
def mounted(image: Path) -> Iterator[Disk]:
    """Mount an image (which first makes good what its journal holds)."""
    folder = image.with_suffix(".mount")
    folder.mkdir()
    try:
        run("mount", "-o", OPTIONS, image, folder)
    except OSError as error:
        raise NoDiskError(str(error)) from error
    try:
        yield Disk(image, folder)
    finally:
        run("umount", folder)
