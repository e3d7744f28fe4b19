"""Tiny ONNX files whose outputs are whatever a test wants them to be, for any picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_net(
    path: Path,
    outputs: Mapping[str, Any],
    *,
    size: tuple[int | str, int | str] = (64, 64),
    batch: int | str = 1,
    channels: int = 3,
    more: Mapping[str, list[int]] | None = None,
) -> Path:
    """Write a network that takes a picture of `size` (width, height) and gives `outputs`. `more`: further inputs."""
    width, height = size
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [batch, channels, height, width])
    others = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in (more or {}).items()]
    nodes, values, infos = [], [], []
    for name, value in outputs.items():
        array = np.asarray(value, np.int64 if name == "labels" else np.float32)
        values.append(numpy_helper.from_array(array, f"{name}_value"))
        nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
        kind = TensorProto.INT64 if name == "labels" else TensorProto.FLOAT
        infos.append(helper.make_tensor_value_info(name, kind, array.shape))
    graph = helper.make_graph(nodes, "tiny", [picture, *others], infos, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def write_grey_net(path: Path, side: int = 64) -> Path:
    """A network of YOLOX's form whose first cell's object score is the mean of the picture ÷ 255, of one class; its
    box is the whole input.
    """
    cells = (side // 8) ** 2 + (side // 16) ** 2 + (side // 32) ** 2
    base = np.zeros((1, cells, 6), np.float32)
    base[0, 0, :4] = side / 16, side / 16, np.log(side / 8), np.log(side / 8)
    base[0, 0, 5] = 1.0
    pick = np.zeros((1, cells, 6), np.float32)
    pick[0, 0, 4] = 1.0 / 255
    info = helper.make_tensor_value_info
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "pick"], ["score"]),
        helper.make_node("Add", ["score", "base"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "grey",
        [info("picture", TensorProto.FLOAT, [1, 3, side, side])],
        [info("output", TensorProto.FLOAT, [1, cells, 6])],
        [numpy_helper.from_array(base, "base"), numpy_helper.from_array(pick, "pick")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
