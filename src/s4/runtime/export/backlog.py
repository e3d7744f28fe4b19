"""What waits to be sent, in order: the oldest on disk, the newest in memory, neither without bound.

Everything is taken into memory. When there is too much, all of it goes behind what is on disk already, at once with the
streams' positions. What is being sent stays where it is until it is settled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from s4.core.errors import InputError
from s4.core.export import Queueing
from s4.core.ports import Produced
from s4.runtime.export.codec import decode_lines, encode_line, groups
from s4.runtime.export.spill import Chunk, SpillBox, Spilled

MOST_MEMORY_BYTES: Final = 32 << 20
_CHUNK_BYTES: Final = 128 << 10
T = TypeVar("T")


class Item:
    """A word that waits. `rows` in it; `size`: about how many bytes; `queued`: clock ns at which it came; `position`:
    up to where `stream` is dealt with once this is; `chunk`: where it lies on disk (0 = in memory only), `closes`: as
    the last of it.
    """

    __slots__ = ("chunk", "closes", "position", "queued", "rows", "size", "stream", "word")

    def __init__(self, word: Produced, rows: int, size: int, queued: int, stream: str, position: int) -> None:
        self.word, self.rows, self.size, self.queued = word, rows, size, queued
        self.stream, self.position = stream, position
        self.chunk, self.closes = 0, False


class Backlog:
    """The queue of one export. One task puts, another takes and settles; both on one event loop."""

    def __init__(self, box: SpillBox, policy: Queueing, pool: ThreadPoolExecutor) -> None:
        self._box, self._policy, self._pool = box, policy, pool
        self._memory: deque[Item] = deque()
        self._loaded: deque[Item] = deque()
        self._flight: list[Item] = []
        self._cursor = 0
        self._seen: dict[str, int] = {}
        self._noted: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self.memory_rows = self.memory_bytes = self.dropped = 0
        self.spilled: Spilled = box.waiting()

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    @property
    def over(self) -> bool:
        """Whether memory holds more than it should."""
        return self.memory_rows > self._policy.memory_rows or self.memory_bytes > MOST_MEMORY_BYTES

    @property
    def full(self) -> bool:
        """Whether nothing more may be put in, because the policy is to stop."""
        return self._policy.full == "stop" and self.over and self.spilled.bytes >= self._box.max_bytes

    @property
    def rows(self) -> int:
        """How many rows wait, those that are being sent among them."""
        return self.memory_rows + self.spilled.rows

    @property
    def backed_up(self) -> bool:
        """Whether something waits on disk, so that there is no need to wait for a batch to fill."""
        return bool(self.spilled.chunks)

    def oldest(self) -> int:
        """Clock ns at which the oldest that waits came; 0 when nothing waits."""
        return self.spilled.oldest or (self._memory[0].queued if self._memory else 0)

    async def put(self, items: Sequence[Item], seen: Mapping[str, int]) -> None:
        """Put in items behind all others; `seen`: how far each stream was read, items or not. Spills when it must.

        Raises `ServiceError` when the disk takes nothing; the items are in memory then.
        """
        self._memory.extend(items)
        self.memory_rows += sum(item.rows for item in items)
        self.memory_bytes += sum(item.size for item in items)
        self._seen.update(seen)
        if self.over and not self.full:
            await self.spill()

    async def spill(self) -> None:
        """Everything in memory goes to disk."""
        async with self._lock:
            items, seen, flight = list(self._memory), dict(self._seen), list(self._flight)
            if not items:
                return
            sending = [item for item in flight if not item.chunk]  # these are the first of memory
            parts = [part for part in (sending, items[len(sending) :]) if part]
            numbers = await self._thread(lambda: [self._box_put(part) for part in parts[:-1]] + [
                self._box_put(parts[-1], seen)])  # fmt: skip
            for part, chunks in zip(parts, numbers, strict=True):
                _mark(part, chunks)
            if sending:
                self._cursor = max(self._cursor, sending[-1].chunk)
            for _ in items:
                self._memory.popleft()
            self.memory_rows -= sum(item.rows for item in items)
            self.memory_bytes -= sum(item.size for item in items)
            if self._policy.full == "drop-oldest":
                self.dropped += await self._thread(lambda: self._box.make_room(self._cursor))
            self.spilled = await self._thread(self._box.waiting)
            self._noted.update(seen)

    def _box_put(self, items: Sequence[Item], positions: Mapping[str, int] | None = None) -> list[tuple[int, int]]:
        """Chunks of items: the number of each, and how many items it has."""
        lines = [encode_line(item.word) for item in items]
        together = groups(lines, _CHUNK_BYTES)
        chunks = [
            Chunk(
                min(items[i].queued for i in part), sum(items[i].rows for i in part), b"".join(lines[i] for i in part)
            )
            for part in together
        ]
        numbers = self._box.put(chunks, positions or {})
        return [(number, len(part)) for number, part in zip(numbers, together, strict=True)]

    async def take(self, rows: int, size: int) -> list[Item]:
        """The next items to be sent, at most so many rows and bytes, at least one if there is any. They stay here until
        `settle`; meanwhile nothing else is taken.
        """
        async with self._lock:
            await self._load(rows, size)
            found: list[Item] = []
            for item in self._loaded or self._memory:
                rows, size = rows - item.rows, size - item.size
                if found and (rows < 0 or size < 0):
                    break
                found.append(item)
            self._flight = found
            return list(found)

    async def _load(self, rows: int, size: int) -> None:
        """Read from disk until there is enough for a batch."""
        rows -= sum(item.rows for item in self._loaded)
        size -= sum(item.size for item in self._loaded)
        while self.spilled.chunks and rows > 0 and size > 0:
            chunk = await self._thread(lambda: self._box.read(self._cursor))
            if chunk is None:
                return
            self._cursor = chunk.number
            try:
                words = decode_lines(chunk.body)
            except InputError:  # a damaged disk: it cannot be read, so it cannot be sent
                self.dropped += chunk.rows
                await self._thread(lambda gone=chunk: self._box.settle([gone.number], {}, {"dropped": gone.rows}))  # type: ignore[misc]
                self.spilled = await self._thread(self._box.waiting)
                continue
            each = len(chunk.body) // max(len(words), 1)
            items = [Item(word, _rows(word), each, chunk.queued, "", 0) for word in words]
            _mark(items, [(chunk.number, len(words))])
            self._loaded.extend(items)
            rows, size = rows - chunk.rows, size - len(chunk.body)

    async def settle(self, items: Sequence[Item], counts: Mapping[str, int]) -> None:
        """The first items of what was taken are dealt with, as `counts` says (`sent`, `dead`)."""
        async with self._lock:
            for item in items:
                if self._loaded and self._loaded[0] is item:
                    self._loaded.popleft()
                elif not item.chunk:
                    self._memory.popleft()
                    self.memory_rows -= item.rows
                    self.memory_bytes -= item.size
            self._flight = self._flight[len(items) :]
            numbers = [item.chunk for item in items if item.closes]
            positions = {item.stream: item.position for item in items if not item.chunk}
            if not self._memory:
                positions = dict(self._seen)
            await self._thread(lambda: self._box.settle(numbers, positions, counts))
            self._noted.update(positions)
            if numbers:
                self.spilled = await self._thread(self._box.waiting)

    async def idle(self) -> None:
        """Nothing of what was read was wanted: note how far it was read, so that it need not be read again."""
        async with self._lock:
            if not self._memory and self._seen != self._noted:
                seen = dict(self._seen)
                await self._thread(lambda: self._box.settle([], seen, {}))
                self._noted = seen

    def settled(self, stream: str) -> int:
        """Up to where a stream is dealt with, as far as is noted on disk."""
        return self._noted.get(stream, 0)


def _rows(word: Produced) -> int:
    return len(word) if hasattr(word, "__len__") else 1


def _mark(items: Sequence[Item], chunks: Sequence[tuple[int, int]]) -> None:
    """Note in each item in which chunk it lies, and which is the last of its chunk."""
    rest = iter(items)
    for number, count in chunks:
        for left in range(count, 0, -1):
            item = next(rest)
            item.chunk, item.closes = number, left == 1
