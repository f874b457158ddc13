"""Records goldens/mobilenet.json: what TensorFlow answers on the playground's three models, as the build emits them.

    record.py ASSETS RUN_MEMMAPPED

ASSETS is the folder `assets` of a build of the playground (npx vite build playground), RUN_MEMMAPPED a program that runs a
memory-mapped package through TensorFlow's own reader: RUN_MEMMAPPED FILE memmapped OUTDIR name=x.raw@float32:1,128,128,3 --
output:0 writes OUTDIR/out0.raw. The input is the recorded one of test/models/io. The digests tie the answers to the bytes.

Run it again with TensorFlow 2.21 when a transform changes those bytes. Development only: the tests read the golden.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = "MobilenetV1/Predictions/Reshape_1:0"


def read_graph(data):
    """The GraphDef, or None where the file is a memory-mapped package."""
    directory = int.from_bytes(data[-8:], "little")
    if directory < len(data) and b"memmapped_package://." in data[directory:]:
        return None
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(data)
    except DecodeError as error:
        sys.exit(f"neither a GraphDef nor a package: {error}")
    return graph_def


def run_graph(graph_def, pixels):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            return session.run(OUTPUT, {"input:0": pixels})


def run_package(program, path, pixels):
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "pixels.raw")
        pixels.tofile(raw)
        shape = ",".join(map(str, pixels.shape))
        subprocess.run([program, path, "memmapped", folder, f"input={raw}@float32:{shape}", "--", OUTPUT], check=True)
        return np.fromfile(os.path.join(folder, "out0.raw"), "f4").reshape(1, -1)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    assets, program = sys.argv[1:]
    with np.load(os.path.join(HERE, "../models/io/mobilenet_v1_0.25_128_frozen.npz")) as recorded:
        pixels, original = recorded["feed_0"], recorded["out_0"]
    variants = {}
    for name in sorted(os.listdir(assets)):
        if not name.endswith(".pb"):
            continue
        path = os.path.join(assets, name)
        with open(path, "rb") as file:
            data = file.read()
        graph_def = read_graph(data)
        if graph_def is None:
            variant, answer = "memmapped", run_package(os.path.abspath(program), path, pixels)
        else:
            quantized = any(node.op == "Dequantize" for node in graph_def.node)
            variant, answer = "eight_bit" if quantized else "deploy", run_graph(graph_def, pixels)
        if variant in variants:
            sys.exit(f"two files are {variant}: build into an empty folder")
        variants[variant] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "probabilities": base64.b64encode(answer.astype("<f4").tobytes()).decode(),
        }
        print(variant, "differs from the original by", np.abs(answer - original).max())
    if sorted(variants) != ["deploy", "eight_bit", "memmapped"]:
        sys.exit(f"only {sorted(variants)} in {assets}")
    golden = {"tool": f"TensorFlow {tf.__version__}", "output": OUTPUT, "variants": dict(sorted(variants.items()))}
    path = os.path.join(HERE, "goldens", "mobilenet.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
