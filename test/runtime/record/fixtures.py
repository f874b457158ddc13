"""Records the fixtures of the runtime's tests with TensorFlow and the real Graph Transform Tool (see README.md)."""
import base64
import hashlib
import json
import os
import subprocess

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
REPOSITORY = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
MODELS = os.path.join(os.path.dirname(REPOSITORY), "shared", "models")
TOOL = os.path.join(os.environ.get("GRAPHDEF_ORACLE", os.path.join(REPOSITORY, ".oracle")), "bin", "transform_graph")
DEPLOY = "strip_unused_nodes fold_constants(ignore_errors=true) fold_batch_norms fold_old_batch_norms"

RANGES = 200


def fixture(name):
    return os.path.join(FIXTURES, name)


def read_graph(path):
    graph = tf.compat.v1.GraphDef()
    with open(path, "rb") as file:
        graph.ParseFromString(file.read())
    return graph


def run(graph, tensors, feeds):
    with tf.Graph().as_default() as built:
        tf.import_graph_def(graph, name="")
        with tf.compat.v1.Session(graph=built) as session:
            return session.run(tensors, feeds)


def save_answers(name, graph, feeds, outputs):
    answers = run(graph, outputs, feeds)
    arrays = {"feed_names": np.array(list(feeds), "S"), "out_names": np.array(outputs, "S")}
    arrays.update({f"feed_{index}": value for index, value in enumerate(feeds.values())})
    arrays.update({f"out_{index}": value for index, value in enumerate(answers)})
    np.savez_compressed(fixture(f"{name}.npz"), **arrays)


def eight_bit(name, source, feeds, output, minimum_size):
    """Runs the tool's chain; gives the digest of each weight that TensorFlow dequantises."""
    target = fixture(f"{name}.pb")
    subprocess.run(
        [TOOL, f"--in_graph={source}", f"--out_graph={target}", f"--outputs={output}",
         f"--inputs={','.join(feed.split(':')[0] for feed in feeds)}",
         f"--transforms={DEPLOY} quantize_weights(minimum_size={minimum_size})"],
        check=True, timeout=60)
    graph = read_graph(target)
    save_answers(name, graph, feeds, [f"{output}:0"])
    nodes = [node.name for node in graph.node if node.op == "Dequantize"]
    weights = run(graph, [f"{node}:0" for node in nodes], {})
    return {node: hashlib.sha256(value.tobytes()).hexdigest() for node, value in zip(nodes, weights)}


def convolutions(path):
    """A small graph with weights of several ranks, ranges of one sign among them."""
    random = np.random.default_rng(7)
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], "x")
        y = tf.nn.conv2d(x, random.normal(0, 0.2, (3, 3, 3, 8)).astype("f"), 1, "SAME")
        y = tf.nn.relu6(tf.nn.bias_add(y, random.uniform(0.1, 0.3, 8).astype("f")))
        y = tf.nn.depthwise_conv2d(y, random.uniform(-0.5, -0.1, (3, 3, 8, 1)).astype("f"), [1, 2, 2, 1], "SAME")
        y = tf.matmul(tf.reshape(y, [-1, 128]), random.uniform(0.01, 0.4, (128, 5)).astype("f"))
        tf.nn.softmax(y, name="y")
    with open(path, "wb") as file:
        file.write(graph.as_graph_def().SerializeToString())


def control_flow():
    """A loop and a branch as functions; their bodies have constants of the same names and a call within a call."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)])
    def steps(x, count):
        def body(index, value):
            scale = tf.constant([0.5, 0.25, -1.0])
            value = tf.cond(tf.reduce_sum(value) > 1.0, lambda: value * scale, lambda: value + scale * 3.0)
            return index + 1, value

        return tf.while_loop(lambda index, _: index < count, body, (0, x))[1]

    frozen = convert_variables_to_constants_v2(steps.get_concrete_function(), lower_control_flow=False)
    graph = frozen.graph.as_graph_def()
    with open(fixture("control_flow.pb"), "wb") as file:
        file.write(graph.SerializeToString(deterministic=True))
    feeds = {tensor.name: value for tensor, value in zip(frozen.inputs, (np.array([1, 2, 3], "f"), np.int32(5)))}
    save_answers("control_flow", graph, feeds, [frozen.outputs[0].name])


def ranges():
    """Pairs of minimum and maximum: those of weights, of one sign, equal, tiny, huge.

    No subnormal numbers: TensorFlow's threads take them for zeros, the rest of the world doesn't.
    """
    random = np.random.default_rng(11)
    pairs = [(0, 0), (-0.0, 0), (1, 1), (-2.5, -2.5), (0, 1), (-1, 0), (-1, 1), (-0.1, 6), (0, 255), (-128, 127),
             (-3, -1), (2, 3), (1e-30, 3e-30), (-1e-30, 1e-30), (-1e30, 2e30), (-0.5, 127.5), (-1.5, 253.5)]
    while len(pairs) < RANGES:
        size = 10.0 ** random.uniform(-4, 3)
        pairs.append(tuple(sorted(random.uniform(-size, size, 2))))
    return np.array(pairs, "f")


def dequantize():
    pairs = ranges()
    cases = []
    for dtype, stored in ((tf.quint8, "u1"), (tf.qint8, "i1"), (tf.quint16, "u2"), (tf.qint16, "i2")):
        lowest = np.iinfo(stored).min
        step = 1 if dtype.size == 1 else 257
        values = (np.arange(256) * step + lowest).astype(stored)
        for mode in ("MIN_FIRST", "MIN_COMBINED"):
            with tf.Graph().as_default() as graph:
                raw = tf.constant(values)
                low, high = tf.compat.v1.placeholder("float"), tf.compat.v1.placeholder("float")
                result = tf.raw_ops.Dequantize(input=tf.bitcast(raw, dtype), min_range=low, max_range=high, mode=mode)
                with tf.compat.v1.Session(graph=graph) as session:
                    made = [session.run(result, {low: pair[0], high: pair[1]}) for pair in pairs]
            cases.append({
                "type": dtype.as_datatype_enum, "dtype": dtype.name, "mode": mode,
                "values": base64.b64encode(values.tobytes()).decode(),
                "digests": "".join(hashlib.sha256(value.tobytes()).hexdigest()[:8] for value in made),
            })
    return {"ranges": base64.b64encode(pairs.tobytes()).decode(), "cases": cases}


def main():
    deep_mlp = np.load(os.path.join(MODELS, "io", "ut_deep_mlp.npz"))
    feeds = {name.decode(): deep_mlp[f"feed_{index}"] for index, name in enumerate(deep_mlp["feed_names"])}
    output = deep_mlp["out_names"][0].decode().split(":")[0]
    float_graph = fixture("convolutions.float.pb")
    convolutions(float_graph)
    pixels = np.random.default_rng(3).uniform(0, 1, (2, 8, 8, 3)).astype("f")
    weights = {
        "eight_bit_deep_mlp": eight_bit(
            "eight_bit_deep_mlp", os.path.join(MODELS, "ut_deep_mlp.pb"), feeds, output, 1024),
        "eight_bit_convolutions": eight_bit("eight_bit_convolutions", float_graph, {"x:0": pixels}, "y", 8),
    }
    os.remove(float_graph)
    control_flow()
    for name, value in (("weights.json", weights), ("dequantize.json", dequantize())):
        with open(fixture(name), "w", encoding="utf-8") as file:
            json.dump(value, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
