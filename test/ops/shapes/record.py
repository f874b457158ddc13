"""Records the shapes that TensorFlow infers for every output of the reference models. Development only.

    python test/ops/shapes/record.py ../shared/models test/ops/shapes/goldens/shapes.json.gz

Gives {file: {node: [shape, ...]}}; a shape is null where the rank is unknown, else a list with null for unknown sizes.
"""
import gzip
import json
import os
import sys

import tensorflow as tf
from tensorflow.core.framework import graph_pb2


def shape(tensor):
    return None if tensor.shape.rank is None else tensor.shape.as_list()


def main(models, golden):
    recorded = {}
    for model in json.load(open(os.path.join(models, 'index.json'))):
        graph_def = graph_pb2.GraphDef()
        graph_def.ParseFromString(open(os.path.join(models, model['file']), 'rb').read())
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(graph_def, name='')
        recorded[model['file']] = {op.name: [shape(output) for output in op.outputs] for op in graph.get_operations()}
    with open(golden, 'wb') as file:
        file.write(gzip.compress(json.dumps(recorded, separators=(',', ':')).encode(), 9, mtime=0))


main(*sys.argv[1:])
