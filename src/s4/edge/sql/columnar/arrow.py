"""Arrow record batches → frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s4.edge.sql.columnar.frame import Column, Frame, Words
from s4.edge.sql.columnar.shape import kinds_of
from s4.edge.sql.columnar.vectorise import Kind
from s4.edge.sql.tree import Stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pyarrow import RecordBatch


class Batches:
    """Reads batches of one stream; text columns keep their distinct texts from batch to batch."""

    def __init__(self) -> None:
        self._words: dict[str, Words] = {}

    def frame(self, batch: RecordBatch, stream: Stream, time: NDArray[np.int64] | None = None) -> Frame:
        """The declared columns of a batch, and the rows' times: `time`, else a column of that name."""
        columns = {name: self.column(name, batch.column(name), kind) for name, kind in kinds_of(stream).items()}
        return Frame(columns["time"].values if time is None else time, columns)

    def column(self, name: str, array: Any, kind: Kind) -> Column:
        """One array, of the type that its kind asks for. Cost: 1 ns a number, 20 ns a text."""
        if kind == "s":
            return self._texts(name, array.dictionary_encode())
        valid = None if not array.null_count else array.is_valid().to_numpy(zero_copy_only=False)
        filled = array if valid is None else array.fill_null(False if kind == "b" else 0)
        return Column(filled.to_numpy(zero_copy_only=False), valid)

    def _texts(self, name: str, array: Any) -> Column:
        texts = tuple(array.dictionary.to_pylist()) or ("",)
        words = self._words.get(name)
        if words is None or words.texts != texts:
            words = self._words[name] = Words(texts)
        places = array.indices
        valid = None if not places.null_count else places.is_valid().to_numpy(zero_copy_only=False)
        return Column(places.fill_null(0).to_numpy(zero_copy_only=False), valid, None, words)
