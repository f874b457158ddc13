"""The real Graph Transform Tool as a command, and the list of models to run it on.

Development only: the tests read the recorded goldens and need none of this.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
MODELS = os.path.join(os.path.dirname(REPOSITORY), "shared", "models")
GOLDENS = os.path.join(REPOSITORY, "test", "models", "goldens")
TIMEOUT_SECONDS = 60
# The pid and the time in a log line differ from run to run; what follows them is the message.
ERROR_LINE = re.compile(r"^[EF]\d{4} .*?\.(?:cc|h):\d+\] ?(.*)$", re.MULTILINE)
# A path of the machine that recorded is nobody's business, and neither is an address in memory.
PRIVATE = re.compile(r"0x[0-9a-f]{6,}|(?<![\w.])/(?:tmp|work|root|home|usr)/[^\s,;:)]*")


def environment():
    """The folder of the Python environment that holds TensorFlow 2.21 and bin/transform_graph."""
    folder = os.environ.get("GRAPHDEF_ORACLE", os.path.join(REPOSITORY, ".oracle"))
    if not os.path.exists(os.path.join(folder, "bin", "transform_graph")):
        sys.exit(f"no bin/transform_graph in {folder}: name the environment with GRAPHDEF_ORACLE (see README.md)")
    return folder


def models(only=()):
    """The entries of the models' index, all of them or the named ones."""
    with open(os.path.join(MODELS, "index.json"), encoding="utf-8") as file:
        entries = json.load(file)
    return [entry for entry in entries if not only or entry["name"] in only]


def model_path(entry):
    return os.path.join(MODELS, entry["file"])


def fed_inputs(entry):
    """Names of the nodes that the recorded run feeds; where no run was recorded, all placeholders."""
    if "feeds" in entry:
        return [name.split(":")[0] for name in entry["feeds"]]
    return [item["name"] for item in entry["inputs"]]


def outputs(entry):
    """Output names without ':0': remove_nodes protects an output only when it is written as the node's name."""
    return [name[:-2] if name.endswith(":0") else name for name in entry["likelyOutputs"]]


def transform(source, target, inputs, output_names, transforms):
    """Runs the tool in a process of its own.

    Gives {"errors": [...]} where it wrote `target` (the errors are those that ignore_errors passed over), else
    {"refused": kind, "message": text} with kind "error", "signal SIGSEGV" (or another) or "timeout".
    """
    with tempfile.TemporaryDirectory() as folder:
        written = os.path.join(folder, "out.pb")
        command = [os.path.join(environment(), "bin", "transform_graph"), f"--in_graph={source}",
                   f"--out_graph={written}", f"--inputs={','.join(inputs)}", f"--outputs={','.join(output_names)}",
                   f"--transforms={transforms}"]
        settings = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="0", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1")
        try:
            done = subprocess.run(command, env=settings, timeout=TIMEOUT_SECONDS, cwd=folder,
                                  capture_output=True, text=True, errors="replace")
        except subprocess.TimeoutExpired:
            return {"refused": "timeout", "message": f"still running after {TIMEOUT_SECONDS} s"}
        errors = [PRIVATE.sub("…", line).strip() for line in ERROR_LINE.findall(done.stderr)]
        errors = list(dict.fromkeys(line for line in errors if line and not line.startswith("usage:")))
        if done.returncode < 0:
            return {"refused": f"signal {signal.Signals(-done.returncode).name}", "message": " ".join(errors)[:600]}
        if done.returncode != 0 or not os.path.exists(written):
            return {"refused": "error", "message": " ".join(errors)[:600]}
        shutil.copyfile(written, target)
        return {"errors": errors}
