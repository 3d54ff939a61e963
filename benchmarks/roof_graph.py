"""Write the roof network as an ONNX graph, without its weights.

    python benchmarks/roof_graph.py

The graph says which layer follows which; the weights are added from an ``.npz`` when the program
opens it, so that weights of one's own need no other file.
"""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

from camp_monitor.detect.construction.roof_network import GRAPH, SHAPES

OPSET, IR_VERSION = 17, 8


class Drawing:
    """Nodes and constants of a graph that is being drawn."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], output: str, **about: object) -> str:
        """Add one node and return the name of what comes out of it."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **about))
        return output

    def convolved(self, values: str, layer: str) -> str:
        """Correlate with a square kernel; beyond the edge lies 0."""
        shape = SHAPES[layer]
        names = f"{layer}_weight", f"{layer}_bias"
        for name, dims in zip(names, (shape, shape[:1]), strict=True):
            empty = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims)
            empty.data_location = TensorProto.EXTERNAL
            empty.external_data.add(key="location", value="weights")
            self.constants.append(empty)
        return self.add("Conv", [values, *names], layer, pads=[shape[2] // 2] * 4)

    def layer(self, values: str, name: str) -> str:
        """Convolve, and cut off what is negative."""
        return self.add("Relu", [self.convolved(values, name)], f"{name}_positive")

    def coarser(self, values: str) -> str:
        """Keep the largest of each block of 2 x 2."""
        about = {"kernel_shape": [2, 2], "strides": [2, 2]}
        return self.add("MaxPool", [values], f"{values}_coarser", **about)

    def repeated(self, values: str) -> str:
        """Repeat each value in a block of 2 x 2."""
        about = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
        return self.add("Resize", [values, "", "twice"], f"{values}_repeated", **about)

    def joined(self, *values: str) -> str:
        """Put channels one behind the other."""
        return self.add("Concat", values, "_and_".join(values), axis=1)


def draw() -> bytes:
    """Return the graph as the bytes of an ONNX file."""
    it = Drawing()
    it.constants.append(helper.make_tensor("twice", TensorProto.FLOAT, [4], [1.0, 1.0, 2.0, 2.0]))
    fine = it.layer(it.layer("dates", "stem"), "e0")
    half = it.layer(it.layer(it.coarser(fine), "d1"), "e1")
    quarter = it.layer(it.layer(it.coarser(half), "d2"), "e2")
    eighth = it.layer(it.layer(it.coarser(quarter), "d3"), "e3")
    quarter = it.layer(it.joined(it.repeated(eighth), quarter), "u2")
    half = it.layer(it.joined(it.repeated(quarter), half), "u1")
    described = it.layer(it.joined(it.repeated(half), fine), "u0")
    it.nodes.append(helper.make_node("Split", [described], ["first", "second"], axis=0))
    change = it.add("Sub", ["second", "first"], "change")
    compared = it.layer(it.layer(it.joined("first", "second", change), "h0"), "h1")
    it.convolved(compared, "out")
    graph = helper.make_graph(
        it.nodes,
        "roofs",
        [helper.make_tensor_value_info("dates", TensorProto.FLOAT, [2, 12, None, None])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 1, None, None])],
        it.constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    return bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    GRAPH.write_bytes(draw())
