"""Records what the real fold_constants leaves of each model. Development only; the models lie beside the repository.

    python test/kernels/record/folding.py ../shared/models test/kernels/tensorflow-folding.json

Of each model, how many nodes of each op are left that are no Const, after strip_unused_nodes and fold_constants. Each call is a
process of its own that is ended after 60 seconds; a model on which it fails is left out.
"""
import collections
import json
import os
import signal
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf  # noqa: F401  registers the ops
from tensorflow.core.framework import graph_pb2
from tensorflow.python.util import _pywrap_transform_graph

CHAIN = 'strip_unused_nodes fold_constants(ignore_errors=true)'


def left(folder, model):
    fed = model.get('feeds') or [each['name'] for each in model['inputs']]
    inputs = ','.join(name.split(':')[0] for name in fed)
    outputs = ','.join(name.removesuffix(':0') for name in model['likelyOutputs'])
    with open(os.path.join(folder, model['file']), 'rb') as file:
        source = file.read()
    folded = graph_pb2.GraphDef.FromString(
        _pywrap_transform_graph.TransformGraphWithStringInputs(source, inputs, outputs, CHAIN))
    return collections.Counter(node.op for node in folded.node if node.op != 'Const')


def in_a_process(folder, model):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        os.write(write, json.dumps(left(folder, model), sort_keys=True).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


folder = sys.argv[1]
with open(os.path.join(folder, 'index.json')) as file:
    recorded = {model['name']: in_a_process(folder, model) for model in json.load(file)}
with open(sys.argv[2], 'w') as file:
    rows = [f'{json.dumps(name)}: {json.dumps(ops)}' for name, ops in recorded.items() if ops is not None]
    file.write('{\n' + ',\n'.join(rows) + '\n}\n')
