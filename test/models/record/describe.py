"""A GraphDef described from its outputs down, for comparison by test/models/compare.ts.

    describe.py GRAPH.pb OUTPUT,OUTPUT...       prints the description

Nodes are listed in the order in which a walk from the outputs meets them (outputs in order, each node's data inputs in
order, then its control inputs by name) and name each other by their place in that list, so that neither the order of
the file nor the name of a folded constant matters. README.md gives the format field by field.

Development only: the tests read the recorded goldens and need none of this.
"""
import hashlib
import json
import math
import os
import struct
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FLOATS = {"float32", "float64"}
SAMPLES = 8


def decoded(tensor):
    """(values, bytes) of a TensorProto; bytes are little-endian, a string is its length (u32) and its bytes."""
    from tensorflow.python.framework import tensor_util
    values = tensor_util.MakeNdarray(tensor)
    if values.dtype == object:
        return values, b"".join(struct.pack("<I", len(item)) + item for item in values.ravel().tolist())
    return values, values.tobytes()


def digest(data):
    """The first 16 bytes of the SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()[:32]


def number(value):
    """A JSON number, or the text NaN, Infinity or -Infinity, which JSON cannot write."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.9g}")


def magnitudes(values):
    """What is left to compare of float values when the last bits are not specified."""
    import numpy as np
    wide = values.astype("f8").ravel()
    count = min(SAMPLES, wide.size)
    places = [i * (wide.size - 1) // max(count - 1, 1) for i in range(count)]
    finite = np.abs(wide[np.isfinite(wide)])
    return {"largest": number(finite.max(initial=0)), "mean": number(finite.mean() if finite.size else 0),
            "samples": [number(wide[i]) for i in places]}


def describe_tensor(tensor):
    values, data = decoded(tensor)
    described = {"dtype": tensor.dtype, "shape": [dim.size for dim in tensor.tensor_shape.dim], "digest": digest(data)}
    if values.dtype.name in FLOATS and values.size:
        described.update(magnitudes(values))
    return described


def shape_text(shape):
    return "?" if shape.unknown_rank else ",".join(str(dim.size) for dim in shape.dim)


def string_text(value):
    try:
        return json.dumps(value.decode("utf-8"), ensure_ascii=False)
    except UnicodeDecodeError:
        return "hex:" + value.hex()


def float_text(value):
    return "float:" + struct.pack(">f", value).hex()


def attr_text(value):
    """One attribute in one line of text; equal attributes give equal texts."""
    kind = value.WhichOneof("value")
    if kind == "s":
        return string_text(value.s)
    if kind == "i":
        return str(value.i)
    if kind == "f":
        return float_text(value.f)
    if kind == "b":
        return "true" if value.b else "false"
    if kind == "type":
        return f"type:{value.type}"
    if kind == "shape":
        return "shape:" + shape_text(value.shape)
    if kind == "tensor":
        return tensor_text(value.tensor)
    if kind == "func":
        return func_text(value.func)
    if kind == "placeholder":
        return "placeholder:" + value.placeholder
    if kind == "list":
        items = value.list
        texts = ([string_text(item) for item in items.s] + [str(item) for item in items.i]
                 + [float_text(item) for item in items.f] + ["true" if item else "false" for item in items.b]
                 + [f"type:{item}" for item in items.type] + ["shape:" + shape_text(item) for item in items.shape]
                 + [tensor_text(item) for item in items.tensor] + [func_text(item) for item in items.func])
        return "[" + " ".join(texts) + "]"
    return "none"


def tensor_text(tensor):
    shape = ",".join(str(dim.size) for dim in tensor.tensor_shape.dim)
    return f"tensor:{tensor.dtype}:{shape}:{digest(decoded(tensor)[1])}"


def func_text(func):
    return "func:" + func.name + "{" + " ".join(f"{key}={attr_text(func.attr[key])}" for key in sorted(func.attr)) + "}"


def split_input(text):
    """(node name, port) of one input string, with port -1 for a control input."""
    if text.startswith("^"):
        return text[1:], -1
    name, colon, port = text.rpartition(":")
    return (name, int(port)) if colon and port.isdigit() else (text, 0)


def describe(graph, output_names, is_folded=lambda node: False, is_approximate=lambda node: False):
    """{"outputs": [...], "nodes": [...]}; `is_folded` nodes lose their names, `is_approximate` ones are marked."""
    nodes = {node.name: node for node in graph.node}
    place, order = {}, []

    def meet(name):
        stack = [name]
        while stack:
            top = stack.pop()
            if top in place or top not in nodes:
                continue
            place[top] = len(order)
            order.append(nodes[top])
            sources = [split_input(text) for text in nodes[top].input]
            data = [source for source, port in sources if port >= 0]
            control = sorted({source for source, port in sources if port < 0})
            stack.extend(reversed(data + control))

    def reference(name, port):
        where = str(place[name]) if name in place else "?" + name
        return "^" + where if port < 0 else f"{where}:{port}"

    wanted = [split_input(name) for name in output_names]
    for name, _ in wanted:
        meet(name)
    described = []
    for node in order:
        sources = [split_input(text) for text in node.input]
        control = sorted({source for source in sources if source[1] < 0})
        entry = {} if is_folded(node) else {"name": node.name}
        entry["op"] = node.op
        if node.device:
            entry["device"] = node.device
        attrs = {key: attr_text(node.attr[key]) for key in sorted(node.attr) if node.op != "Const" or key != "value"}
        entry["attrs"] = attrs
        entry["inputs"] = [reference(*source) for source in sources if source[1] >= 0]
        entry["inputs"] += [reference(*source) for source in control]
        if node.op == "Const":
            entry["tensor"] = describe_tensor(node.attr["value"].tensor)
            if is_approximate(node):
                entry["tensor"]["approximate"] = True
        described.append(entry)
    return {"outputs": [reference(*output) for output in wanted], "nodes": described}


def read_graph(path):
    from tensorflow.core.framework import graph_pb2
    graph = graph_pb2.GraphDef()
    with open(path, "rb") as file:
        graph.ParseFromString(file.read())
    return graph


if __name__ == "__main__":
    json.dump(describe(read_graph(sys.argv[1]), sys.argv[2].split(",")), sys.stdout, indent=1, ensure_ascii=False)
    print()
