"""Records goldens/quantized.json: what the real tools make of each model in eight bits, as one digest a model and chain.

    quantized.py --quantize_graph SCRIPT [--keep FOLDER] [MODEL ...]       all models, or the named ones

SCRIPT is quantize_graph.py of TensorFlow 1.7 (tensorflow/tools/quantization), which the environment's TensorFlow runs.
--keep writes FOLDER/<chain>/<model>.pb. Where a tool refuses, crashes or hangs, that is the golden.

A digest says whether two graphs compute the same: names and order of nodes are aside, and whether equal nodes are one
(test/models/computation-digest.ts makes the same). Where it differs, --keep and ../shared/oracle/compare_graphs.py tell in what.

Development only: the tests read the recorded goldens and need none of this.
"""
import argparse
import hashlib
import importlib.util
import os
import re
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import golden
import tool
from describe import describe, read_graph

NODES = "quantize_weights quantize_nodes"
MODES = ("weights_rounded", "weights", "eightbit")


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def own_text(node):
    attrs = ";".join(f"{name}={node['attrs'][name]}" for name in sorted(node["attrs"]))
    tensor = node.get("tensor")
    value = f"{tensor['dtype']}:{','.join(map(str, tensor['shape']))}:{tensor['digest']}" if tensor else ""
    return "|".join([node["op"], node.get("device", ""), attrs, value])


def computation_digest(graph, outputs):
    described = describe(graph, outputs)
    nodes, known = described["nodes"], {}

    def of_reference(reference):
        found = re.fullmatch(r"(\^?)(\d+)(:\d+)?", reference)
        return found[1] + of_node(int(found[2])) + (found[3] or "") if found else reference

    def of_node(place):
        if place not in known:
            node = nodes[place]
            known[place] = node["op"]  # What a loop comes back to is known by its op.
            texts = [of_reference(reference) for reference in node["inputs"]]
            data = [text for text in texts if not text.startswith("^")]
            control = sorted(text for text in texts if text.startswith("^"))
            known[place] = sha256(own_text(node) + "|" + " ".join(data + control))
        return known[place]

    return sha256(" ".join(of_reference(reference) for reference in described["outputs"]))


def load_script(path):
    spec = importlib.util.spec_from_file_location("quantize_graph", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    if hasattr(script, "FLAGS"):
        script.FLAGS([path])
    return script


def quantized_nodes(entry, keep):
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(keep or folder, entry["name"] + ".pb")
        said = tool.transform(tool.model_path(entry), target, tool.fed_inputs(entry), tool.outputs(entry), NODES)
        return {"refused": said["message"]} if "refused" in said else computation_digest(read_graph(target),
                                                                                         tool.outputs(entry))


def quantized_graph(script, entry, mode, keep):
    outputs = list(dict.fromkeys(name.split(":")[0] for name in tool.outputs(entry)))
    try:
        graph = script.GraphRewriter(read_graph(tool.model_path(entry)), mode, None, None).rewrite(outputs)
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {tool.PRIVATE.sub('…', str(error))}".splitlines()[0][:200]}
    if keep:
        with open(os.path.join(keep, entry["name"] + ".pb"), "wb") as file:
            file.write(graph.SerializeToString())
    return computation_digest(graph, tool.outputs(entry))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quantize_graph", metavar="SCRIPT", required=True)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("models", nargs="*")
    flags = parser.parse_args()
    sys.setrecursionlimit(50000)
    script = load_script(flags.quantize_graph)

    def folder(chain):
        if not flags.keep:
            return None
        os.makedirs(os.path.join(flags.keep, chain), exist_ok=True)
        return os.path.join(flags.keep, chain)

    graphs = {}
    for entry in tool.models(flags.models):
        rows = {"quantize_nodes": quantized_nodes(entry, folder("quantize_nodes"))}
        rows.update((mode, quantized_graph(script, entry, mode, folder(mode))) for mode in MODES)
        graphs[entry["name"]] = rows
        print(entry["name"], {name: row for name, row in rows.items() if isinstance(row, dict)}, flush=True)
    golden.write("quantized.json", {"tool": golden.TOOL, "chain": NODES, "graphs": graphs}, merge=bool(flags.models))


if __name__ == "__main__":
    main()
