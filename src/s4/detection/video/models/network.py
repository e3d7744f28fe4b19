"""One ONNX file, run on the CPU: float pictures in, arrays out."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from s4.core.errors import ConfigError, InputError
from s4.detection.video.models.candidates import Array
from s4.detection.video.models.heads.head import Outputs

LARGEST: Final = 1 << 30
OPEN_OR_ONE: Final = (None, 1)
_SIZES: Final = "orig_target_sizes"
"""A second input of DETR files: the size in whose pixels the boxes are to be given."""


def read_weights(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and their SHA-256. Raises `InputError`. Cost: about 1 s a gigabyte."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"is larger than {LARGEST >> 20} MiB", file=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    return data, hashlib.sha256(data).hexdigest()


class Network:
    """A session on weights that are in memory: what was hashed is what runs. `file`: its name, for complaints.

    One thread, so that the same picture gives the same boxes and several cameras share the cores. May be used from
    several threads. Raises `InputError` for what is no network of one picture, `ConfigError` without onnxruntime.
    """

    def __init__(self, data: bytes, file: str) -> None:
        self._file = file
        self._session = _session(data, file)
        inputs = {one.name: one for one in self._session.get_inputs()}
        self._sizes = inputs.pop(_SIZES, None)
        if len(inputs) != 1:
            raise InputError(f"has the inputs {', '.join(inputs) or 'none'}; one picture is needed", file=file)
        ((self._input, shown),) = inputs.items()
        shape = list(shown.shape)
        if shown.type != "tensor(float)" or len(shape) != 4 or _known(shape[0]) not in OPEN_OR_ONE or shape[1] != 3:
            reason = f"takes {shown.type} {shape}; float pictures (1, 3, height, width) are needed"
            raise InputError(reason, file=file)
        self.size: tuple[int | None, int | None] = _known(shape[3]), _known(shape[2])
        """Width and height of the input, px; None where the file leaves it open."""

    def run(self, picture: Array) -> Outputs:
        """float32[1, 3, height, width] → the outputs by name, in the file's order."""
        feed: dict[str, Any] = {self._input: picture}
        if self._sizes is not None:
            feed[_SIZES] = np.array([picture.shape[:1:-1]], np.int64)
        try:
            values = [np.asarray(value, np.float32) for value in self._session.run(None, feed)]
        except _errors() as error:
            raise InputError(f"does not run: {_first_line(error)}", file=self._file) from error
        names = [one.name for one in self._session.get_outputs()]
        return dict(zip(names, values, strict=True))


def _session(data: bytes, file: str) -> Any:
    if find_spec("onnxruntime") is None:
        reason = "models need a package that is not installed; install it with: pip install 's4allcities[models]'"
        raise ConfigError(reason, file=file)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised, and said once
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _errors() as error:
        raise InputError(f"is no ONNX network that can run here: {_first_line(error)}", file=file) from error


def _errors() -> tuple[type[Exception], ...]:
    """Everything that onnxruntime raises; its classes have no common one of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception))
    return (*own, RuntimeError, TypeError, ValueError)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _known(size: object) -> int | None:
    """A size of the input; one that the file leaves open has a name instead, or none."""
    return size if isinstance(size, int) and size > 0 else None
