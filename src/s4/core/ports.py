"""The contracts, on one page: what a door, a stage, an outlet and a target must be. Everything else is private.

The street, in order: sensing → edge → detection → fusion → risk → response → picture. A stage may consume only
what is produced above it, or a `Command`, which alone climbs back up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import msgspec

from s4.core.city import City, Source
from s4.core.city import Outlet as OutletConfig
from s4.core.clock import Clock
from s4.core.errors import InputError, ServiceError
from s4.core.export import Export
from s4.core.live import LiveBoard
from s4.core.model import Command, Evidence, Fact, Frame, ObservationBatch, Raw, Word
from s4.core.register import Register
from s4.core.zones import ZoneBook

STREET: Final = ("sensing", "edge", "detection", "fusion", "risk", "response", "picture")
Room = Literal["sensing", "edge", "detection", "fusion", "risk", "response", "picture"]
Produced = Fact | ObservationBatch
Reject = tuple[Raw, InputError]
"""An input that was refused, as it came, and the reason."""


class Card(msgspec.Struct, frozen=True):
    """What a plug-in says of itself, shown to whoever installs it and to the data-protection officer.

    `purpose` and `legal_basis` (GDPR article) must not be empty for anything that may concern people.
    """

    name: str
    version: str
    title: str
    purpose: str
    legal_basis: str = ""
    limits: str = ""
    licence: str = "Apache-2.0"


Verify = Callable[[str, str], bool]
"""(device, secret) → whether it is right. May be slow on purpose (a password hash): use a thread."""


def nobody(_device: str, _secret: str) -> bool:
    """Lets nobody in."""
    return False


class Vault(ABC):
    """Where the evidence of a site is kept. Its calls block, and may come from any thread."""

    @abstractmethod
    def draft(self, suffix: str) -> Path:
        """A file that may be written, in the vault's own folder, and that nobody is shown."""

    @abstractmethod
    def note(self, draft: Path, source: str, data: bytes) -> None:
        """What is to be known of a draft of a source's if whoever writes it dies: without a note it is deleted then.

        Raises `ServiceError` when it cannot be written.
        """

    @abstractmethod
    def unfinished(self, source: str) -> list[tuple[Path, bytes]]:
        """The drafts of a source that an earlier run left, with their notes; each is given away once."""

    @abstractmethod
    def discard(self, draft: Path) -> None:
        """Delete a draft and its note, if they are there."""

    @abstractmethod
    def keep(self, draft: Path, evidence: Evidence, source: str) -> Evidence:
        """Keep a finished draft as `evidence` (its `sha256` is filled in here), signed, and return what was kept.

        `source`: whose observation it is. Raises `ServiceError` when it cannot be kept; the draft is gone then.
        """

    @abstractmethod
    def sources(self) -> set[str]:
        """Whose evidence is kept."""

    @abstractmethod
    def forget(self, before: int, source: str, *, originals: bool = False) -> int:
        """Delete what ended before `before` (ns UTC) of a source's evidence, and say how many pieces that were.
        `originals`: of its sealed originals instead.
        """

    @abstractmethod
    def trim(self, most_bytes: int, source: str) -> int:
        """Delete the oldest of a source's sealed originals until at most so many bytes are left; says how many."""


class Context(msgspec.Struct, frozen=True):
    """What the runner hands a plug-in when it is made. `options` are its own settings, not yet checked;
    `folder` is where relative paths in them start; `register`: the devices that may speak, which the runner keeps up
    to date with what people decide (None: only those in the city's description); `verify`: whether a secret is a
    device's, for doors at which devices knock by themselves; `vault`: where evidence is kept (None: none is made);
    `board`: where a camera shows itself to who looks (None: nobody can); `zones`: which the runner keeps up to date
    with what people draw (None: only those in the city's description).
    """

    city: City
    clock: Clock
    options: dict[str, Any] = {}
    folder: str = "."
    register: Register | None = None
    verify: Verify = nobody
    vault: Vault | None = None
    board: LiveBoard | None = None
    zones: ZoneBook | None = None


class Stage(ABC):
    """A step of a room: takes a batch of facts, gives new facts, and changes nothing that others read.

    It must be deterministic: the same state, facts and `now` give the same facts with the same ids, because after
    a crash the runner replays what came since the last snapshot. It does no I/O on the bus.
    """

    card: ClassVar[Card]
    room: ClassVar[Room]
    consumes: ClassVar[tuple[type, ...]]
    produces: ClassVar[tuple[type, ...]]

    def __init__(self, context: Context) -> None:
        self.context = context

    @abstractmethod
    def step(self, facts: Sequence[Word], now: int) -> Sequence[Produced]:
        """Take `facts` in order and return what follows from them at `now` (ns UTC, never less than before).

        However a stream of facts is cut into batches, the same facts must come out; between them, and also while
        nothing comes, the stage is called with no facts at the end of each `period_s`. Raises `InputError` for a fact
        that cannot be processed, before it has changed anything: the runner then feeds the batch one by one and sends
        the bad one to the dead letters.
        """

    period_s: ClassVar[float] = 1.0
    """How often, in clock seconds, `step` wants to be called even with no facts."""

    snapshot_s: ClassVar[float] = 1.0
    """How often at most, in real seconds, the runner keeps a snapshot; at most 60. Longer for a large state: less is
    written and more is replayed after a crash, and what comes out is the same.
    """

    @property
    def gather_s(self) -> float:
        """How long facts may wait, in real seconds, so that more of them come at once: 0 where somebody waits for the
        answer.
        """
        return 0.0

    def snapshot(self) -> bytes:
        """The private state, complete; empty for a stage that keeps none."""
        return b""

    def restore(self, state: bytes) -> None:  # noqa: B027 - a stage without state has nothing to restore
        """Become what `snapshot` described. Raises `InputError` when the state is of another version."""

    def rejects(self) -> Sequence[Reject]:
        """What this stage refused since it was last asked, for the dead letters; the rest of each batch went on."""
        return ()


Record = Callable[[Sequence[Produced]], Awaitable[None]]
"""Give facts to the runner; returns when they are recorded, so that the device may now be acknowledged.
Waits when the runner is behind (back-pressure); raises `CapacityError` when it cannot take more in time."""


class Door(ABC):
    """A way in: takes in one source of the outside world and records observations. Owns its own connection."""

    card: ClassVar[Card]
    produces: ClassVar[tuple[type, ...]]

    def __init__(self, context: Context, source: Source) -> None:
        self.context = context
        self.source = source

    @abstractmethod
    async def run(self, record: Record) -> None:
        """Take in until cancelled, reconnecting as needed; return when the source has truly ended."""

    def rejects(self) -> Sequence[Reject]:
        """What this door refused since it was last asked, for the dead letters; what came after it went on."""
        return ()


class Camera(ABC):
    """A way in for pictures. The runner pulls frames in a thread of its own and hands them to video detection
    in the same process; a late consumer drops frames, never memory.
    """

    card: ClassVar[Card]

    dropped: int = 0
    """Frames that came and were not handed on because whoever looks at them was late; only grows."""

    @property
    def trouble(self) -> str:
        """Why the connection is lost at the moment, on one line without a secret; empty when it is not."""
        return ""

    def __init__(self, context: Context, source: Source) -> None:
        self.context = context
        self.source = source

    @abstractmethod
    def frames(self) -> Iterator[Frame | None]:
        """Yield frames as they come, or None while there is none (connection lost); returns at the end."""

    @abstractmethod
    def close(self) -> None:
        """Stop: a `frames` that waits returns soon after. May be called from another thread."""


SendMqtt = Callable[[str, bytes], Awaitable[None]]
"""Publish (topic, payload) to a device; given by the runner, who alone speaks on the bus."""


class Outlet(ABC):
    """A way out: carries an approved command to the outside world.

    `near`: it reaches devices over the bus of their own site, so that an edge site has to carry its commands out.
    """

    card: ClassVar[Card]
    near: ClassVar[bool] = False

    def __init__(self, context: Context, outlet: OutletConfig) -> None:
        self.context = context
        self.outlet = outlet

    @abstractmethod
    async def deliver(self, command: Command, send_mqtt: SendMqtt) -> Command:
        """Carry the command out and return its next revision (`sent`, or `done` when the answer came at once).

        Raises `ServiceError` when the target did not answer: the runner tries again, then fails the command.
        """


class Parcel(msgspec.Struct, frozen=True):
    """Rows on their way out, ready to be sent: formatted, compressed, encrypted, in that order.

    `id`: the same for the same rows, so that a repeat is recognised; `body`: at least one byte; `rows` in it;
    `media_type`: of the body as it is; `suffix`: how a file of it ends (`.jsonl.gz`); `first`, `last`: the times (ns
    UTC) between which its rows lie; `key`: what has to stay in order among itself; `headers`: what else is to be known
    of it; `about`: what may stand in a topic (`export`, and of a single row `word`, `site`, `source`, `property`,
    `kind`).
    """

    id: str
    body: bytes
    rows: int
    media_type: str
    suffix: str
    first: int
    last: int
    key: str
    headers: Mapping[str, str]
    about: Mapping[str, str]


class RefusedError(ServiceError):
    """The target answered and will not take this, also later. `whole`: it would not take anything of the batch (who
    sends is refused); otherwise the runner looks for the rows that are to blame.
    """

    def __init__(self, reason: str, *, whole: bool = False) -> None:
        super().__init__(reason)
        self.whole = whole


class Target(ABC):
    """Where an export goes. It owns its connection and whatever thread it needs; it is called by one task at a time
    and has `export.retry.timeout_s` for each call. It is made before anything runs, connects when it first sends, and
    raises `ConfigError` for settings that cannot be used.
    """

    card: ClassVar[Card]
    together: ClassVar[int] = 1
    """How many parcels it takes in one call at most."""

    def __init__(self, context: Context, export: Export) -> None:
        self.context = context
        self.export = export

    @abstractmethod
    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Return once the target has all of `parcels` safely, taken in that order. They may have come before, in part.

        Raises `ServiceError` when it does not answer (the runner tries again), `RefusedError` when it will never
        take them. When cancelled it lets go of its connection at once; the next call makes a new one.
        """

    async def close(self) -> None:  # noqa: B027 - a target without a connection has nothing to close
        """Leave the target; `send` may be called again after."""


class Exporter(ABC):
    """One export as the runner is given it: what of a word is wanted, how it is packed, where it goes."""

    def __init__(self, export: Export, target: Target) -> None:
        self.export = export
        self.target = target

    @abstractmethod
    def select(self, word: Produced) -> Produced | None:
        """What of a word is to be exported; None for nothing. Cheap: called for everything that passes."""

    @abstractmethod
    def pack(self, words: Sequence[Produced]) -> Sequence[Parcel]:
        """Words that were selected → parcels, in order. Called in a thread of the export's own."""
