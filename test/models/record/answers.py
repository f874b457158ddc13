"""Records goldens/answers.json: TensorFlow's answers on the original graphs and on the optimised ones, compared.

    answers.py [--children 2] [MODEL ...]           what is built in dist/ makes of all models, or of the named ones
    answers.py --tool FOLDER [MODEL ...]            the real tool's own results of the deploy chain, FOLDER/<model>.pb

The first runs results.mjs in a temporary folder. Original and results run on the inputs of the models' io/*.npz, each
distinct result once. The golden keeps the largest absolute difference over the largest magnitude of the original's
answer, the worst of a model's outputs; integers, booleans and strings must be equal (0, or 1 where they are not).
Of a model whose original gives different answers in two sessions only shapes and data types are compared. The digest of
a result ties the numbers to the very bytes; the real tool's have none, as it never writes the same bytes twice.
Where a chain ends with transforms that follow `deploy`, the real tool ends our deployed graph as well, and "ending" is
"same" where it makes the same computation of it as we do.

Development only: the tests read the recorded goldens and need none of this.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import children
import golden
import tool
from describe import read_graph
from quantized import computation_digest

GOLDEN = "answers.json"
TOOL = "tool"
DIGITS = 16


def feeds(entry):
    """Tensor name -> value of the recorded inputs, and tensor name -> value of the recorded outputs.

    Where nothing is recorded, as of a model whose answers are random, the inputs are random as well.
    """
    import numpy as np
    if "io" not in entry:
        some = np.random.default_rng(1)
        return {name: some.random([max(size, 1) for size in told["shape"]]).astype(told["dtype"])
                for name, told in entry.get("feeds", {}).items()}, {}
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


def unlike(expected, found):
    """In what two answers cannot be compared by a number, or None."""
    import numpy as np
    expected, found = np.asarray(expected), np.asarray(found)
    if expected.dtype != found.dtype:
        return f"{expected.dtype.name} is {found.dtype.name}"
    if expected.shape != found.shape:
        return f"shape {list(expected.shape)} is {list(found.shape)}"
    return None


def finite_difference(expected, found):
    """0 where equal; floats relative to the largest magnitude; 1 for other values; None where NaN or infinity differ."""
    import numpy as np
    expected, found = np.asarray(expected), np.asarray(found)
    if expected.dtype.kind not in "fc" and expected.dtype.name != "bfloat16":
        return 0.0 if np.array_equal(expected, found) else 1.0
    wide = "c16" if expected.dtype.kind == "c" else "f8"
    expected, found = expected.astype(wide), found.astype(wide)
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(found)):
        return None
    if not np.array_equal(expected[~finite], found[~finite], equal_nan=True):
        return None
    expected, found = expected[finite], found[finite]
    worst = float(np.abs(expected - found).max(initial=0))
    return 0.0 if worst == 0 else worst / max(float(np.abs(expected).max(initial=0)), 1e-30)


def compared(expected, found, values):
    """{"difference": number} of the worst output, or {"unlike": text}; only shapes and types where `values` is false."""
    worst = 0.0
    for a, b in zip(expected, found):
        different = unlike(a, b)
        number = finite_difference(a, b) if values and not different else 0.0
        if different or number is None:
            return {"unlike": different or "NaN or infinity in other places"}
        worst = max(worst, number)
    return {"difference": float(f"{worst:.3g}")}


def ending(entry, path, base, transforms):
    """Whether the real tool makes of the file `base` what `path` computes: "same", "other" or why it gives nothing."""
    from tensorflow.core.framework import graph_pb2
    from tensorflow.python.util import _pywrap_transform_graph as graph_transforms
    names = ",".join(tool.fed_inputs(entry)), ",".join(tool.outputs(entry))
    with open(base or tool.model_path(entry), "rb") as file:
        data = file.read()
    try:
        ended = graph_pb2.GraphDef.FromString(graph_transforms.TransformGraphWithStringInputs(data, *names, transforms))
    except Exception as error:
        return "refused: " + first_line(error)
    graphs = ended, read_graph(path or tool.model_path(entry))
    digests = {computation_digest(graph, tool.outputs(entry)) for graph in graphs}
    return "same" if len(digests) == 1 else "other"


def answer(entry, paths, endings):
    """One line of the golden.

    `paths` has the results by chain, None for one that is the original, `endings` the path that a chain begins with and
    what the real tool ends it with.
    """
    outputs = entry["likelyOutputs"]
    fed, recorded = feeds(entry)
    path = tool.model_path(entry)
    ended = {chain: {"ending": ending(entry, paths[chain], *found)} for chain, found in endings.items()}
    try:
        first = run(path, fed, outputs)
        second = first if entry.get("deterministic") else run(path, fed, outputs)
    except Exception as error:
        return {"original": last_line(error), "chains": ended}
    random = compared(first, second, True).get("difference") != 0
    row = {"random": True} if random else {}
    for name, value in zip(outputs, first):
        told = compared([recorded[name]], [value], not random) if name in recorded else {"difference": 0}
        if told.get("difference", 1) > 1e-5:
            row["recorded"] = told
    told = {None: {"difference": 0}}
    for path in paths.values():
        if path in told:
            continue
        try:
            told[path] = compared(first, run(path, fed, outputs), not random)
        except Exception as error:
            told[path] = {"fails": last_line(error)}
    return {**row, "chains": {chain: {**told[path], **ended.get(chain, {})} for chain, path in paths.items()}}


def first_line(error):
    text = getattr(error, "message", None) or str(error)
    return f"{type(error).__name__}: {tool.PRIVATE.sub('…', text.strip().splitlines()[0])}"[:300]


def last_line(error):
    """What a run failed of: the lines before tell which nodes are concerned, one behind in brackets where it was met."""
    lines = [line for line in str(getattr(error, "message", None) or error).strip().splitlines() if "[[{{" not in line]
    return f"{type(error).__name__}: {tool.PRIVATE.sub('…', lines[-1])}"[:300]


def answers(paths, endings, count):
    """Name -> row, in child processes; where the results of a model crash TensorFlow, each runs in one of its own."""
    command = [sys.executable, "-W", "ignore", os.path.abspath(__file__), "--child"]
    whole = {json.dumps([name, by_chain, endings.get(name, {})]): name for name, by_chain in paths.items()}
    rows = {whole[line]: row for line, row in children.rows(command, list(whole), count).items()}
    for name in [name for name, row in rows.items() if "crashed" in row or "timeout" in row]:
        rows[name] = {"chains": {}}
        for chain, path in paths[name].items():
            ended = {chain: endings[name][chain]} if chain in endings.get(name, {}) else {}
            for row in children.rows(command, [json.dumps([name, {chain: path}, ended])]).values():
                found = row.pop("chains", {chain: row})
                rows[name] = {**rows[name], **({} if found[chain] is row else row),
                              "chains": {**rows[name]["chains"], **found}}
    return rows


def ours(names, count):
    """The golden's rows of what dist/ makes of the models, and the chains."""
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "results.mjs")
        subprocess.run(["node", script, folder, *names], check=True)
        with open(os.path.join(folder, "results.json"), encoding="utf-8") as file:
            results = json.load(file)

        def path(digest):
            file = os.path.join(folder, digest + ".pb")
            return file if os.path.exists(file) else None

        made = {name: {chain: digest for chain, digest in by_chain.items() if isinstance(digest, str)}
                for name, by_chain in results["graphs"].items()}
        paths = {name: {chain: path(by_chain[chain]) for chain in results["chains"] if chain in by_chain}
                 for name, by_chain in made.items()}
        endings = {name: {chain: [path(by_chain[told["base"]]), told["ending"]]
                          for chain, told in results["endings"].items() if {chain, told["base"]} <= by_chain.keys()}
                   for name, by_chain in made.items()}
        rows = answers(paths, endings, count)
    for name, row in rows.items():
        found = row.get("chains", {})
        row["chains"] = {chain: {"sha256": made[name][chain][:DIGITS], **found.get(chain, {})} if chain in made[name]
                         else results["graphs"][name][chain] for chain in results["chains"]}
    return rows, results["chains"]


def main():
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=2, help="how many processes run TensorFlow at the same time")
    parser.add_argument("--tool", metavar="FOLDER", help="record the real tool's results instead of ours")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="*")
    flags = parser.parse_args()
    if flags.child:
        entries = {entry["name"]: entry for entry in tool.models()}
        
        sys.setrecursionlimit(50000)

        def answer_line(line):
            name, paths, endings = json.loads(line)
            return answer(entries[name], paths, endings)

        children.answer_lines(answer_line)
        return
    old = golden.read(GOLDEN) or {"chains": [], "graphs": {}}
    names = [entry["name"] for entry in tool.models(flags.models)]
    chains = old["chains"]
    if flags.tool:
        found = {name: os.path.join(flags.tool, name + ".pb") for name in names}
        rows = answers({name: {TOOL: path} for name, path in found.items() if os.path.exists(path)}, {},
                       flags.children)
    else:
        rows, chains = ours(names if flags.models else [], flags.children)
    for name, row in rows.items():
        before = old["graphs"].get(name, {}).get("chains", {})
        row["chains"] = {**(before if flags.tool else {TOOL: before[TOOL]} if TOOL in before else {}),
                         **row.get("chains", {})}
    golden.write(GOLDEN, {"tool": golden.TOOL, "chains": chains, "graphs": rows}, merge=True)
    for chain in [TOOL] if flags.tool else chains:
        told = {name: row["chains"].get(chain, {}) for name, row in rows.items()}
        worst = max(told, key=lambda name: told[name].get("difference", 0), default="")
        print(f"{chain}: {sum('difference' in row for row in told.values())} of {len(told)} models run, "
              f"largest difference {told[worst].get('difference')} ({worst})")
        others = {name: row["ending"] for name, row in told.items() if row.get("ending", "same") != "same"}
        if others:
            print(f"  the real tool ends {len(others)} of them otherwise: {others}")
        for name, row in told.items():
            if "difference" not in row:
                print(f"  {name}: {rows[name].get('original') or row}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
