"""A call that remembers: lag, had_changed, acc_sum, changed_cols …, with a memory for each partition."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from s4.edge.sql.evaluate_calls import guarded, spreading
from s4.edge.sql.functions.function import Function, Memory
from s4.edge.sql.place import Place
from s4.edge.sql.tree import Call
from s4.edge.sql.values import as_text

if TYPE_CHECKING:
    from s4.edge.sql.evaluate import Compiler

Value = Any


class RememberingCall:
    """One call and what it remembers. At most `most` partitions are kept: the one not seen longest goes first."""

    def __init__(self, compiler: Compiler, call: Call, function: Function, visible: frozenset[str], most: int) -> None:
        self.number, self._function, self._most = call.number, function, most
        self._spread = spreading(compiler, call.args, visible, stars=function.role == "columns")
        over = call.over
        self._partition = [compiler.reader(key, visible) for key in over.partition] if over else []
        self._when = compiler.reader(over.when, visible) if over and over.when is not None else None
        homes = compiler.scope.homes(call)
        self._home = homes.pop() if len(homes) == 1 else ""
        self.memories: OrderedDict[Hashable, Memory] = OrderedDict()
        self.forgotten = 0

    def compute(self, place: Place, stream: str) -> None:
        """Put the answer for this row into its memo. A row of a stream that is not asked about is passed over."""
        if self._home in ("", stream) and place.row is not None:
            place.row.parts[0].memo[self.number] = self.answer(place)

    def answer(self, place: Place) -> Value:
        """The answer here, which is remembered. Raises `FunctionError`."""
        names, values = self._spread(place)
        key = tuple([as_text(part(place)) for part in self._partition]) if self._partition else ()
        passed = self._when is None or self._when(place) is True
        function = self._function
        given = [*values, names] if function.role == "columns" else values
        return guarded(function.name, function.call, self._memory(key), passed, *given)

    def _memory(self, key: Hashable) -> Memory:
        memories = self.memories
        if key in memories:
            memories.move_to_end(key)
        else:
            memories[key] = {}
            if len(memories) > self._most:
                memories.popitem(last=False)
                self.forgotten += 1
        return memories[key]
