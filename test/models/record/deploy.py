"""Records goldens/deploy.json.gz: the real tool's deploy chain, run again and again until nothing changes.

    deploy.py [--keep FOLDER] [MODEL ...]       all models, or the named ones

--keep also writes the tool's last graph of each model, for answers.py.

Every model is done twice in separate processes; where the two disagree the golden says so ("unstable") and the test
must not compare it. Where the tool refuses, crashes or hangs, that is the golden.

Development only: the tests read the recorded goldens and need none of this.
"""
import argparse
import os
import re
import shutil
import tempfile

import golden
import tool
from describe import attr_text, decoded, describe, read_graph, split_input

STRIP = "strip_unused_nodes"
DEPLOY = (STRIP + " remove_nodes(op=Identity, op=CheckNumerics) fold_constants(ignore_errors=true) "
          "fold_batch_norms fold_old_batch_norms")
# strip_unused_nodes turns a fed PlaceholderWithDefault into a scalar float, whatever it was, and its parameters cannot
# say "a scalar bool". fold_constants drops unused nodes as well and keeps the type, so such a model goes without it.
WITHOUT_STRIP = {"faced_face_corrector"}
MOST_RUNS = 12

FOLDED_NAME = re.compile(r"/_\d+__cf__\d+$")
# Ops whose float results are the same on every processor: they move values, or round each result once, correctly.
EXACT = set("""
    Abs Add AddV2 All Any ArgMax ArgMin BroadcastTo Cast Ceil Concat ConcatV2 Const Dequantize Div Equal ExpandDims Fill
    Floor Gather GatherNd GatherV2 Greater GreaterEqual Identity Less LessEqual Max Maximum Min Minimum Mul Neg OneHot
    OnesLike Pack Pad PadV2 Rank RealDiv Relu Relu6 Reshape ReverseV2 Round Select SelectV2 Shape ShapeN Sign Size Slice
    Split SplitV Sqrt Square Squeeze StopGradient StridedSlice Sub Tile TopKV2 Transpose Unpack Where
    ZerosLike""".split())
FLOAT_TYPES = {1, 2}


def chain_of(entry):
    return DEPLOY.removeprefix(STRIP + " ") if entry["name"] in WITHOUT_STRIP else DEPLOY


class Provenance:
    """From which ops of the original graph a constant of the result was computed."""

    def __init__(self, original, inputs):
        self.nodes = {node.name: node for node in original.node}
        self.fed = set(inputs)
        self.constant = {}

    def sources(self, name):
        return [split_input(text)[0] for text in self.nodes[name].input if not text.startswith("^")]

    def is_constant(self, name):
        """Whether nothing that is fed stands upstream; a loop counts as not constant."""
        stack = [name]
        while stack:
            top = stack[-1]
            if top in self.constant and self.constant[top] is not None:
                stack.pop()
                continue
            known = top in self.nodes and top not in self.fed and "Placeholder" not in self.nodes[top].op
            sources = self.sources(top) if known else []
            if top not in self.constant:
                self.constant[top] = None
                stack.extend(source for source in sources if source not in self.constant)
            else:
                self.constant[top] = known and all(self.constant.get(source) for source in sources)
                stack.pop()
        return self.constant[name]

    def inexact(self, name):
        """Whether an op outside EXACT stands among the constant nodes that `name` is computed from."""
        seen, stack = set(), [name]
        while stack:
            top = stack.pop()
            if top in seen or top not in self.nodes:
                continue
            seen.add(top)
            if self.is_constant(top) and self.nodes[top].op not in EXACT:
                return True
            stack.extend(source for source in self.sources(top) if self.is_constant(source))
        return False


def approximate_constants(original, result, inputs):
    """Names of the constants of the result whose last bits depend on the processor."""
    provenance = Provenance(original, inputs)
    readers = {}
    for node in result.node:
        for text in node.input:
            readers.setdefault(split_input(text)[0], []).append(node.name)
    approximate = set()
    for node in result.node:
        if node.op != "Const" or node.attr["value"].tensor.dtype not in FLOAT_TYPES:
            continue
        old = provenance.nodes.get(node.name)
        if old is not None and old.op == "Const":
            if decoded(old.attr["value"].tensor)[1] == decoded(node.attr["value"].tensor)[1]:
                continue
            # Weights that a batch norm or a Mul went into: the layer bears the Mul's name, or its reader the norm's.
            origins = [name for reader in readers.get(node.name, []) for name in [reader, *readers.get(reader, [])]]
        elif FOLDED_NAME.search(node.name):
            origins = [FOLDED_NAME.sub("", node.name)]
        else:
            origins = readers.get(node.name, [])
        if any(provenance.inexact(name) for name in origins):
            approximate.add(node.name)
    return approximate


def until_nothing_changes(entry, folder):
    """(path of the last graph or None, number of runs, errors that ignore_errors passed over, refusal or None)."""
    source, before = tool.model_path(entry), None
    path, errors = None, []
    for run in range(1, MOST_RUNS + 1):
        target = os.path.join(folder, f"{run}.pb")
        said = tool.transform(source, target, tool.fed_inputs(entry), tool.outputs(entry), chain_of(entry))
        if "refused" in said:
            return path, run, errors, said
        path = target
        errors += [f"run {run}: {error}" for error in said["errors"]]
        after = describe(read_graph(target), tool.outputs(entry))
        if after == before:
            return path, run, errors, None
        source, before = target, after
    return path, MOST_RUNS, errors, {"refused": "no end", "message": f"still changing after {MOST_RUNS} runs"}


def record(entry, keep=None):
    with tempfile.TemporaryDirectory() as folder:
        path, runs, errors, refused = until_nothing_changes(entry, folder)
        described = {"inputs": tool.fed_inputs(entry)}
        if chain_of(entry) != DEPLOY:
            described["chain"] = chain_of(entry)
        if path is None:
            return {**described, **refused}
        if keep:
            shutil.copyfile(path, os.path.join(keep, entry["name"] + ".pb"))
        original, result = read_graph(tool.model_path(entry)), read_graph(path)
        names = {node.name for node in original.node}
        approximate = approximate_constants(original, result, tool.fed_inputs(entry))
        described["runs"] = runs
        if errors:
            described["ignored"] = errors
        if refused:
            described["stopped"] = refused
        described.update(describe(
            result, tool.outputs(entry),
            is_folded=lambda node: node.name not in names and FOLDED_NAME.search(node.name),
            is_approximate=lambda node: node.name in approximate))
        return described


def defaults(graphs):
    """For every op in the goldens the attributes that have a default, so that a missing one can be compared."""
    import tensorflow  # noqa: F401  fills the registry
    from tensorflow.python.framework import op_def_registry
    found = {}
    for name in sorted({node["op"] for graph in graphs.values() for node in graph.get("nodes", [])}):
        op = op_def_registry.get(name)
        texts = {attr.name: attr_text(attr.default_value) for attr in (op.attr if op else [])
                 if attr.HasField("default_value")}
        if texts:
            found[name] = texts
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("models", nargs="*")
    flags = parser.parse_args()
    if flags.keep:
        os.makedirs(flags.keep, exist_ok=True)
    graphs = {}
    for entry in tool.models(flags.models):
        name = entry["name"]
        graphs[name], again = record(entry, flags.keep), record(entry)
        if graphs[name] != again:
            graphs[name]["unstable"] = True
        print(name, {key: graphs[name][key] for key in ("runs", "ignored", "refused", "message", "stopped", "unstable")
                     if key in graphs[name]}, flush=True)
    merge = bool(flags.models)
    old = (golden.read("deploy.json.gz") or {"graphs": {}})["graphs"] if merge else {}
    golden.write("deploy.json.gz", {"tool": golden.TOOL, "chain": DEPLOY, "defaults": defaults({**old, **graphs}),
                                    "graphs": graphs}, merge=merge)


if __name__ == "__main__":
    main()
