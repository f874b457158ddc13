"""Records goldens/names.json: what merge_duplicate_nodes and obfuscate_names of the real tool do to every model.

    names.py [MODEL ...]       all models, or the named ones

Both are quick and neither crashes on these graphs, so that one process runs them all.

Development only: the tests read the recorded goldens and need none of this.
"""
import argparse
import collections
import hashlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import golden
import tool


def transformed(graph, entry, chain):
    from tensorflow.python.util import _pywrap_transform_graph as graph_transforms

    names = [name.split(":")[0] for name in tool.outputs(entry)]
    return graph_transforms.TransformGraphWithStringInputs(graph, ",".join(tool.fed_inputs(entry)), ",".join(names), chain)


def read(data):
    from tensorflow.core.framework import graph_pb2

    graph = graph_pb2.GraphDef()
    graph.ParseFromString(data)
    return graph


def counts(graph):
    return collections.Counter(node.op for node in graph.node)


def lines(graph):
    """One a node: name, op and inputs, an input without the `:0` of a first output."""
    for node in graph.node:
        yield " ".join([node.name, node.op, *(name.removesuffix(":0") for name in node.input)]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*")
    only = parser.parse_args().models
    import tensorflow  # noqa: F401  registers the ops that the transforms look up

    graphs = {}
    for entry in tool.models(only):
        with open(tool.model_path(entry), "rb") as file:
            source = file.read()
        merged = counts(read(transformed(source, entry, "merge_duplicate_nodes")))
        text = "".join(lines(read(transformed(source, entry, "obfuscate_names"))))
        removed = counts(read(source)) - merged
        graphs[entry["name"]] = {
            "merged": {op: removed[op] for op in sorted(removed)},
            "obfuscated": hashlib.sha256(text.encode()).hexdigest()[:32],
        }
    golden.write("names.json", {"tool": golden.TOOL, "graphs": graphs}, merge=bool(only))


main()
