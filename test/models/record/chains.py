"""Records goldens/chains.json: what the real tools make of each model by one transform, or by optimize_for_inference.

    chains.py [--keep FOLDER] [MODEL ...]       all models, or the named ones

--keep writes FOLDER/<chain>/<model>.pb. The transforms run in the compiled Graph Transform Tool, the last column is
tensorflow.python.tools.optimize_for_inference_lib of the same wheel, told the data types of the inputs.

What is kept is a digest of the description from the outputs down (describe.py): names of nodes are part of it where the
chain promises them (NAMED), their order is not, and neither is where nodes are placed (_class) after PLACED_ANYWHERE.
"unchanged" is the digest of the model as it was.

Development only: the tests read the recorded goldens and need none of this.
"""
import argparse
import hashlib
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import children
import golden
import tool
from describe import describe, read_graph

INFERENCE = "inference"
# Whose names count: of twins the tool keeps any, and the Python tool names folded weights after the convolution.
NAMED = {
    "merge_duplicate_nodes": lambda node: False,
    "obfuscate_names": lambda node: True,
    "fuse_resize_pad_and_conv": lambda node: True,
    "fuse_resize_and_conv": lambda node: True,
    "fuse_pad_and_conv": lambda node: True,
    INFERENCE: lambda node: node["op"] != "Const",
}
# These two leave names in _class that nobody has any more: rows of the tables of differences.
PLACED_ANYWHERE = {"merge_duplicate_nodes", "obfuscate_names"}


def node_text(node, chain):
    names = [name for name in sorted(node["attrs"]) if name != "_class" or chain not in PLACED_ANYWHERE]
    attrs = ";".join(f"{name}={node['attrs'][name]}" for name in names)
    tensor = node.get("tensor")
    value = f"{tensor['dtype']}:{','.join(map(str, tensor['shape']))}:{tensor['digest']}" if tensor else ""
    texts = [node["op"], node.get("device", ""), attrs, " ".join(node["inputs"]), value]
    return "|".join([*texts, node["name"]] if NAMED[chain](node) else texts)


def digest(described, chain):
    lines = [" ".join(described["outputs"]), *(node_text(node, chain) for node in described["nodes"])]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def transformed(entry, chain):
    from tensorflow.core.framework import graph_pb2
    from tensorflow.python.util import _pywrap_transform_graph as graph_transforms
    with open(tool.model_path(entry), "rb") as file:
        data = file.read()
    names = ",".join(tool.fed_inputs(entry)), ",".join(tool.outputs(entry))
    return graph_pb2.GraphDef.FromString(graph_transforms.TransformGraphWithStringInputs(data, *names, chain))


def for_inference(entry):
    from tensorflow.python.tools.optimize_for_inference_lib import optimize_for_inference
    graph = read_graph(tool.model_path(entry))
    nodes = {node.name: node for node in graph.node}
    inputs = tool.fed_inputs(entry)
    types = [nodes[name].attr["dtype" if "dtype" in nodes[name].attr else "T"].type for name in inputs]
    outputs = list(dict.fromkeys(name.split(":")[0] for name in tool.outputs(entry)))
    return optimize_for_inference(graph, inputs, outputs, types)


def row(entry, chain, original, keep):
    try:
        graph = for_inference(entry) if chain == INFERENCE else transformed(entry, chain)
    except Exception as error:
        text = getattr(error, "message", None) or str(error)
        return {"refused": f"{type(error).__name__}: {tool.PRIVATE.sub('…', text)}".splitlines()[0][:200]}
    if keep:
        os.makedirs(os.path.join(keep, chain), exist_ok=True)
        with open(os.path.join(keep, chain, entry["name"] + ".pb"), "wb") as file:
            file.write(graph.SerializeToString())
    found = digest(describe(graph, tool.outputs(entry)), chain)
    return "unchanged" if found == digest(original, chain) else found


def rows_of(entry, keep):
    original = describe(read_graph(tool.model_path(entry)), tool.outputs(entry))
    return {chain: row(entry, chain, original, keep) for chain in NAMED}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="*")
    flags = parser.parse_args()
    entries = {entry["name"]: entry for entry in tool.models(flags.models)}
    if flags.child:
        import tensorflow  # noqa: F401  registers the ops
        children.answer_lines(lambda name: rows_of(entries[name], flags.keep))
        return
    command = [sys.executable, "-W", "ignore", os.path.abspath(__file__), "--child"]
    command += ["--keep", flags.keep] if flags.keep else []
    graphs = children.rows(command, list(entries))
    for name, found in graphs.items():
        refused = {chain: told["refused"] for chain, told in found.items() if isinstance(told, dict)}
        if refused:
            print(name, refused)
    golden.write("chains.json", {"tool": golden.TOOL, "graphs": graphs}, merge=bool(flags.models))


if __name__ == "__main__":
    main()
