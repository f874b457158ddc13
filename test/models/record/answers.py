"""Records goldens/answers.json: TensorFlow's answers on the original graphs and on the optimised ones, compared.

    answers.py [--chain deploy] FOLDER [MODEL ...]

FOLDER holds <model>.pb, the optimised graph of each model (record/README.md tells how to make them); all models that
lie there, or the named ones. Both graphs run on the inputs of the models' io/*.npz. Per output the golden keeps the
largest absolute difference over the largest magnitude of the original's answer; integers, booleans and strings must be
equal (0, or 1 where they are not), and so must the places of NaN and infinities. A model whose original gives different
answers in two sessions is marked, not compared. The digest of the optimised file ties the numbers to the very bytes;
the chain "tool", which stands for the real tool's own results, has none, as the tool never writes the same bytes twice.

TensorFlow runs in a child process, which a crash ends and the next model starts again.
Development only: the tests read the recorded goldens and need none of this.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import golden
import tool
from describe import read_graph

TOOL = "tool"


def feeds(entry):
    """Tensor name -> value of the recorded inputs, and tensor name -> value of the recorded outputs."""
    import numpy as np
    if "io" not in entry:
        return {}, {}
    with np.load(os.path.join(tool.MODELS, entry["io"])) as file:
        names, answers = ([item.decode() for item in file[key]] for key in ("feed_names", "out_names"))
        return ({name: file[f"feed_{i}"] for i, name in enumerate(names) if name},
                {name: file[f"out_{i}"] for i, name in enumerate(answers) if name})


def run(path, fed, outputs):
    """The outputs' values; a fed tensor that the graph no longer has is left out."""
    import tensorflow as tf
    tf1 = tf.compat.v1
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(read_graph(path), name="")
        known = {operation.name for operation in graph.get_operations()}
        with tf1.Session(graph=graph) as session:
            return session.run(outputs, {key: value for key, value in fed.items() if key.split(":")[0] in known})


def difference(expected, found):
    """0 where equal; floats relative to the largest magnitude; 1 where shape, dtype, NaNs or other values differ."""
    import numpy as np
    expected, found = np.asarray(expected), np.asarray(found)
    if expected.dtype != found.dtype or expected.shape != found.shape:
        return 1.0
    if expected.dtype.kind not in "fc" and expected.dtype.name != "bfloat16":
        return 0.0 if np.array_equal(expected, found) else 1.0
    wide = "c16" if expected.dtype.kind == "c" else "f8"
    expected, found = expected.astype(wide), found.astype(wide)
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(found)):
        return 1.0
    if not np.array_equal(expected[~finite], found[~finite], equal_nan=True):
        return 1.0
    expected, found = expected[finite], found[finite]
    worst = float(np.abs(expected - found).max(initial=0))
    return 0.0 if worst == 0 else worst / max(float(np.abs(expected).max(initial=0)), 1e-30)


def answer(entry, folder, with_digest):
    """One line of the golden."""
    path = os.path.join(folder, entry["name"] + ".pb")
    row = {}
    if with_digest:
        with open(path, "rb") as file:
            row["sha256"] = hashlib.sha256(file.read()).hexdigest()
    if entry.get("deterministic") is False:
        return {**row, "deterministic": False}
    outputs = entry["likelyOutputs"]
    fed, recorded = feeds(entry)
    try:
        first, second = (run(tool.model_path(entry), fed, outputs) for _ in range(2))
    except Exception as error:
        return {**row, "original": first_line(error)}
    unsteady = [name for name, a, b in zip(outputs, first, second) if difference(a, b) > 0]
    if unsteady:
        return {**row, "deterministic": False}
    stale = {name: difference(recorded[name], value) for name, value in zip(outputs, first) if name in recorded}
    if any(value > 1e-5 for value in stale.values()):
        row["recorded"] = stale
    try:
        found = run(path, fed, outputs)
    except Exception as error:
        return {**row, "optimised": first_line(error)}
    return {**row, "outputs": {name: float(f"{difference(a, b):.3g}") for name, a, b in zip(outputs, first, found)}}


def first_line(error):
    text = getattr(error, "message", None) or str(error)
    return f"{type(error).__name__}: {tool.PRIVATE.sub('…', text.strip().splitlines()[0])}"[:300]


def answers(entries, folder, chain):
    """Name -> row for all entries, in as many child processes as it takes."""
    rows, left = {}, [entry["name"] for entry in entries]
    while left:
        command = [sys.executable, "-W", "ignore", os.path.abspath(__file__), "--child", "--chain", chain, folder]
        child = subprocess.Popen([*command, *left], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        for line in child.stdout:
            name, row = json.loads(line)
            rows[name] = row
            left.remove(name)
            print(name, {key: value for key, value in row.items() if key != "sha256"}, flush=True)
        if child.wait() and left:
            rows[left[0]] = {"crashed": child.returncode}
            print(left.pop(0), "TensorFlow crashed", child.returncode, flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chain", default="deploy", help="the name under which the golden keeps these answers")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("folder")
    parser.add_argument("models", nargs="*")
    flags = parser.parse_args()
    entries = [entry for entry in tool.models(flags.models)
               if os.path.exists(os.path.join(flags.folder, entry["name"] + ".pb"))]
    if flags.child:
        for entry in entries:
            print(json.dumps([entry["name"], answer(entry, flags.folder, flags.chain != TOOL)]), flush=True)
        return
    missing = {entry["name"] for entry in tool.models(flags.models)} - {entry["name"] for entry in entries}
    if missing:
        print(f"no optimised graph for {len(missing)} models: {', '.join(sorted(missing))}")
    rows = answers(entries, flags.folder, flags.chain)
    old = golden.read("answers.json") or {"graphs": {}}
    graphs = {name: {**old["graphs"].get(name, {}), flags.chain: row} for name, row in rows.items()}
    golden.write("answers.json", {"tool": golden.TOOL, "graphs": graphs}, merge=True)
    worst = max((value for row in rows.values() for value in row.get("outputs", {}).values()), default=0)
    print(f"{len(rows)} models, largest difference {worst:.3g}")


if __name__ == "__main__":
    main()
