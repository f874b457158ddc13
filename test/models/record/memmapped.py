"""Records goldens/memmapped.json: our memory-mapped packages of all models in TensorFlow's own reader.

    memmapped.py FOLDER RUN_MEMMAPPED WRITABLE_MAPS [MODEL ...]

FOLDER holds <model>.pbmm, the package of each model (record/README.md tells how to make them); RUN_MEMMAPPED is what
../shared/oracle/build_run_memmapped.sh builds of run_memmapped.cc with "float64" among its types. The package and the plain graph
run on the recorded inputs, each in a process of its own: TensorFlow crashes on some right packages, where an op that
works in place writes to the read-only pages of a mapped weight. Those run a second time with WRITABLE_MAPS preloaded, which is
writable-maps.c as a shared library: then a write makes a copy of the page. Per model: the package's digest, how many constants
are mapped, whether it crashes as it is, and `result`: "equal" for the same numbers to the bit, else the largest
difference, "ran" where two runs differ anyway, or why it was not run.
Development only: the tests read the recorded goldens and need none of this.
"""
import hashlib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import golden
import tool
from answers import difference, feeds

TYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")


def run(program, path, kind, fed, outputs, folder, preload=None):
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run([program, path, kind, folder, *fed, "--", *outputs], capture_output=True, text=True,
                          timeout=900, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
                                              **({"LD_PRELOAD": preload} if preload else {})})
    files = [os.path.join(folder, f"out{index}.raw") for index in range(len(outputs))]
    return done, [open(file, "rb").read() for file in files] if done.returncode == 0 else []


def compare(expected, found, types):
    import numpy as np
    worst = 0.0
    for left, right, dtype in zip(expected, found, types):
        if left == right:
            continue
        if dtype not in ("float32", "float64", "float16") or len(left) != len(right):
            return 1.0
        worst = max(worst, difference(np.frombuffer(left, dtype), np.frombuffer(right, dtype)))
    return worst


def result(entry, package, program, writable_maps):
    import numpy as np
    with open(package, "rb") as file:
        row = {"sha256": hashlib.sha256(file.read()).hexdigest()}
    with tempfile.TemporaryDirectory() as folder:
        fed = []
        for index, (name, value) in enumerate(feeds(entry)[0].items()):
            if value.dtype.name not in TYPES:
                return {**row, "result": f"not run: the input {name} is {value.dtype.name}"}
            raw = os.path.join(folder, f"in{index}.raw")
            np.ascontiguousarray(value).tofile(raw)
            fed.append(f"{name}={raw}@{value.dtype.name}:{','.join(map(str, value.shape))}")
        outputs = entry["likelyOutputs"]
        plain, expected = run(program, os.path.join(tool.MODELS, entry["file"]), "plain", fed, outputs,
                              os.path.join(folder, "plain"))
        if plain.returncode:
            lines = plain.stderr.strip().splitlines()
            reason = tool.PRIVATE.sub("…", lines[-1] if lines else f"status {plain.returncode}")[:160]
            return {**row, "result": f"not run: the plain graph fails: {reason}"}
        mapped, found = run(program, package, "memmapped", fed, outputs, os.path.join(folder, "mapped"))
        if "immutable=" in mapped.stdout:
            row["mapped"] = int(mapped.stdout.split("immutable=")[1].split()[0])
        if mapped.returncode < 0:
            row["crashes"] = True
            mapped, found = run(program, package, "memmapped", fed, outputs, os.path.join(folder, "mapped"), writable_maps)
            row["mapped"] = int(mapped.stdout.split("immutable=")[1].split()[0])
        if mapped.returncode:
            return {**row, "result": f"failed: {tool.PRIVATE.sub('…', mapped.stderr.strip())[-300:]}"}
        if not entry.get("deterministic", True):
            return {**row, "result": "ran"}
        worst = compare(expected, found, [output["dtype"] for output in entry.get("outputs", [])])
        return {**row, "result": "equal" if worst == 0 else f"differs by {worst:.1e}"}


def main():
    folder, program, writable_maps, *names = sys.argv[1:]
    entries = tool.models(names)
    with ThreadPoolExecutor(2) as pool:
        rows = pool.map(lambda entry: result(entry, os.path.join(folder, entry["name"] + ".pbmm"), program,
                                               writable_maps), entries)
        graphs = {}
        for entry, row in zip(entries, rows):
            graphs[entry["name"]] = row
            if row["result"] != "equal":
                print(entry["name"], row["result"], flush=True)
    golden.write("memmapped.json", {"tool": golden.TOOL, "graphs": graphs}, merge=True)


if __name__ == "__main__":
    main()
