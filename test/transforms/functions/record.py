"""Writes graphs of TensorFlow 2 with functions, conditions and dropout, and what TensorFlow answers on them. Development only.

    python test/transforms/functions/record.py

One GraphDef a graph, and runs.json: per graph the input x as rows, and for each setting (the value of the second input, if
there is one) the answer of the first output, flat.
"""
import json
import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

FOLDER = os.path.dirname(os.path.abspath(__file__))
RANDOM = np.random.default_rng(0)
WEIGHTS, BIAS = (RANDOM.normal(size=shape).round(2).astype(np.float32) for shape in ((4, 4), (4,)))
X = RANDOM.normal(size=(3, 4)).round(2).astype(np.float32)
ROWS, FLAG, INDEX = (tf.TensorSpec(*spec) for spec in (([None, 4], tf.float32), ([], tf.bool), ([], tf.int32)))
RUNS = {}


@tf.function
def layer(x):
    return tf.nn.relu(tf.matmul(x, WEIGHTS) + BIAS)


@tf.function
def unique(x):
    y = layer(x)
    return y, tf.unique(tf.reshape(y, [-1]))


@tf.function
def checked(x):
    tf.debugging.assert_greater(tf.size(x), 0)
    return layer(x)


def keep(name, function, specs, settings=(None,), lowered=False):
    concrete = tf.function(function).get_concrete_function(*specs)
    if lowered:
        concrete = convert_variables_to_constants_v2(concrete, lower_control_flow=True)
    with open(os.path.join(FOLDER, name + ".pb"), "wb") as file:
        file.write(concrete.graph.as_graph_def().SerializeToString(deterministic=True))
    inputs = [tensor.name for tensor in concrete.inputs]
    run = {"output": concrete.outputs[0].name, "answers": {}}
    if len(inputs) > 1:
        run["setting"] = inputs[1].split(":")[0]
    for setting in settings:
        fed = [tf.constant(X)] + ([] if setting is None else [tf.constant(setting)])
        answer = concrete(*fed)
        answer = answer[0] if isinstance(answer, (list, tuple)) else answer
        run["answers"][json.dumps(setting)] = [float(value) for value in answer.numpy().ravel()]
    RUNS[name] = run


keep("calls", lambda x: tf.nn.softmax(layer(layer(x))), [ROWS])
keep("nested", lambda x: unique(x)[1][1] + 1, [ROWS])
keep("stateful", lambda x: checked(x) * 2.0, [ROWS])
keep("if", lambda x, p: tf.cond(p, lambda: layer(x) + 1.0, lambda: layer(-x)), [ROWS, FLAG], [True, False])
keep("case", lambda x, i: tf.switch_case(i, [lambda: x + 1.0, lambda: layer(x), lambda: -x]), [ROWS, INDEX], [0, 1, 9, -4])
keep("while", lambda x: tf.while_loop(
    lambda i, v: i < 3, lambda i, v: (i + 1, layer(v)), [tf.constant(5), x])[1] + 1.0, [ROWS])
keep("dropout", lambda x, t: tf.cond(t, lambda: tf.nn.dropout(x, 0.5), lambda: tf.identity(x)) * 2.0, [ROWS, FLAG], [False])
keep("lowered-if", lambda x, p: tf.cond(p, lambda: layer(x) + 1.0, lambda: layer(-x)), [ROWS, FLAG], [True, False], True)
keep("lowered-case", lambda x, i: tf.switch_case(
    i, [lambda: x + 1.0, lambda: layer(x), lambda: -x]), [ROWS, INDEX], [0, 1, 9, -4], True)
with open(os.path.join(FOLDER, "runs.json"), "w") as file:
    json.dump({"x": X.tolist(), "runs": RUNS}, file, indent=1)
    file.write("\n")
