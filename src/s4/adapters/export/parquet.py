"""File target: each parcel is one file, in a folder or in S3-compatible storage, Parquet or any other format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from s4.adapters.export.settings import guard_plain, options_of, secret
from s4.adapters.export.worker import Worker
from s4.core.clock import format_time
from s4.core.errors import ConfigError, ServiceError
from s4.core.export import Export
from s4.core.lean import cloud_stores
from s4.core.ports import Card, Context, Parcel, Target

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

_S3: Final = "s3://"


class FileTargetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`path`: a folder, or `s3://bucket/prefix`. For S3: `endpoint` (`https://host:port`) of storage that is not
    Amazon's, `region`, and the access key in the environment variables or files that are named; without them the
    machine's own identity is used. `allow_plain`: http to another machine, where the network is trusted.
    """

    path: Annotated[str, Meta(min_length=1, max_length=1024)]
    endpoint: str = ""
    region: str = ""
    access_key_env: str = ""
    access_key_file: str = ""
    secret_key_env: str = ""
    secret_key_file: str = ""
    allow_plain: bool = False


class FileTarget(Target):
    """Writes `<path>/<export>/date=…/hour=…/<time>-<id>.parquet`, by the time of its first row. A file appears whole
    under its name; a parcel that comes again has the same name, so it is written over, not doubled.
    """

    card: ClassVar = Card(
        name="parquet",
        version="1",
        title="Export to files",
        purpose="Writes facts and readings that the city's description selects to a folder or an object store.",
        legal_basis="GDPR Art. 6(1)(e); facts may concern people: who keeps the files deletes them in time",
        limits="One file a batch; the bucket must exist; s4 deletes nothing there.",
    )

    def __init__(self, context: Context, export: Export) -> None:
        super().__init__(context, export)
        field, folder = f"export[{export.id}].options", context.folder
        self.options = options = options_of(export, FileTargetOptions)
        if export.format == "json":
            raise ConfigError("one file a row is too many; use jsonl", field=f"export[{export.id}].format")
        self._access = secret(options.access_key_file, options.access_key_env, folder, f"{field}.access_key")
        self._secret = secret(options.secret_key_file, options.secret_key_env, folder, f"{field}.secret_key")
        if bool(self._access) != bool(self._secret):
            raise ConfigError("an access key needs its secret key, and the other way round", field=field)
        self._endpoint = _checked(options, field)
        self._storage: S3FileSystem | None = None
        self._worker = Worker(f"export-{export.id}-files", lambda: None)

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Write them; see `Target.send`."""
        await self._worker.do(lambda: self._write(parcels))

    async def close(self) -> None:
        """Leave the thread."""
        self._worker.leave()

    def _write(self, parcels: Sequence[Parcel]) -> None:
        try:
            for parcel in parcels:
                if self.options.path.startswith(_S3):
                    self._upload(name_of(self.export.id, parcel), parcel.body)
                else:
                    _put(Path(self.context.folder) / self.options.path / name_of(self.export.id, parcel), parcel.body)
        except OSError as error:
            reason = error.strerror or " ".join(str(error).split())
            raise ServiceError(f"{self.options.path} cannot be written ({reason[:300]})") from error

    def _upload(self, name: str, body: bytes) -> None:
        storage = self._storage = self._storage or self._opened()
        with storage.open_output_stream(f"{self.options.path.removeprefix(_S3).rstrip('/')}/{name}") as out:
            out.write(body)

    def _opened(self) -> S3FileSystem:
        patience = self.export.retry.timeout_s
        storage: S3FileSystem = cloud_stores().S3FileSystem(  # starts Amazon's library: 20 MB and threads
            access_key=self._access or None, secret_key=self._secret or None, region=self.options.region or None,
            endpoint_override=self._endpoint or None, scheme="http" if self.options.endpoint.startswith("http:") else
            "https", request_timeout=patience, connect_timeout=min(5.0, patience), background_writes=False,
        )  # fmt: skip
        return storage


def name_of(export: str, parcel: Parcel) -> str:
    """Where a parcel is put: by day and hour, as Hive names partitions.

    >>> name_of("lake", Parcel("exp-1", b"PAR1", 1, "", ".parquet", 1777658400500000000, 0, "", {}, {}))
    'lake/date=2026-05-01/hour=18/20260501T180000.500Z-exp-1.parquet'
    """
    moment = format_time(parcel.first)
    stamp = moment.replace("-", "").replace(":", "")
    return f"{export}/date={moment[:10]}/hour={moment[11:13]}/{stamp}-{parcel.id}{parcel.suffix}"


def _put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _checked(options: FileTargetOptions, field: str) -> str:
    """The endpoint as the storage's client wants it: host and port."""
    if not options.path.startswith(_S3):
        if "://" in options.path:
            raise ConfigError("must be a folder or s3://bucket/prefix", field=f"{field}.path")
        return ""
    if not options.path.removeprefix(_S3).partition("/")[0]:
        raise ConfigError("names no bucket", field=f"{field}.path")
    if not options.endpoint:
        return ""
    try:
        url = urlsplit(options.endpoint)
        host = url.hostname or ""
        _ = url.port
    except ValueError as error:
        raise ConfigError(f"is no address ({error})", field=f"{field}.endpoint") from error
    if url.scheme not in {"http", "https"} or not host or url.path.strip("/") or url.username or url.password:
        raise ConfigError("must be https://host:port", field=f"{field}.endpoint")
    guard_plain(host, encrypted=url.scheme == "https", allowed=options.allow_plain, field=f"{field}.endpoint")
    return url.netloc
