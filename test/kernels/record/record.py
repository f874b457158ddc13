"""Records what TensorFlow answers to small cases of each kernel. Development only: tests read the recorded goldens.

    python test/kernels/record/record.py test/kernels/goldens [FAMILY ...]

Each case is a node over constants. Its answer is what the real fold_constants puts in its place, or what a session gives
where it folds nothing. Cases that TensorFlow refuses are goldens as well.

goldens/<family>.json is a list of {op, attrs, inputs, outputs | error}; an output is null where TensorFlow leaves open what it
holds; a tensor is "dtype [shape] hex of its bytes", strings
as hex joined by commas. Attributes: true, 3 (int), {"f": 0.5}, "text", {"type": "float32"}, [1, 2], {"shape": [1, null]}.
"""
import importlib
import json
import os
import sys

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, graph_pb2, node_def_pb2, op_def_pb2, types_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.framework import tensor_util
from tensorflow.python.util import _pywrap_transform_graph

from values import Value, cases

MODULES = ['cases_first', 'cases_dtypes', 'cases_segments', 'cases_images', 'cases_networks', 'cases_functions', 'cases_order', 'cases_small', 'cases_quantized']


# Ops that newer graphs must not have.
PRODUCERS = {'BatchNormWithGlobalNormalization': 8}


def attr_proto(value):
    proto = attr_value_pb2.AttrValue()
    if isinstance(value, bool):
        proto.b = value
    elif isinstance(value, int):
        proto.i = value
    elif isinstance(value, str):
        proto.s = value.encode()
    elif isinstance(value, list):
        proto.list.i.extend(value)
        if not value:
            proto.list.SetInParent()
    elif 'type' in value:
        proto.type = tf.as_dtype(value['type']).as_datatype_enum
    elif 'shape' in value:
        proto.shape.SetInParent()
        for size in value['shape']:
            proto.shape.dim.add().size = -1 if size is None else size
    else:
        proto.f = value['f']
    return proto


registry = op_def_pb2.OpList()
registry.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
op_defs = {op.name: op for op in registry.op}


def output_types(op, attrs):
    types = []
    for arg in op_defs[op].output_arg:
        kind = arg.type or attr_or_default(op, attrs, arg.type_attr).type
        count = attr_or_default(op, attrs, arg.number_attr).i if arg.number_attr else 1
        types += [kind] * count
    return types


def attr_or_default(op, attrs, name):
    if name in attrs:
        return attr_proto(attrs[name])
    return next(attr.default_value for attr in op_defs[op].attr if attr.name == name)


def add_case(graph, index, op, inputs, attrs):
    """The case's nodes, and the names of its results."""
    node = node_def_pb2.NodeDef(name=f'n{index}', op=op)
    for name, value in attrs.items():
        node.attr[name].CopyFrom(attr_proto(value))
    for at, value in enumerate(inputs):
        const = graph.node.add(name=f'c{index}_{at}', op='Const')
        const.attr['dtype'].type = tf.as_dtype(value.dtype).as_datatype_enum
        const.attr['value'].tensor.CopyFrom(value.proto())
        node.input.append(const.name)
    graph.node.append(node)
    names = []
    for port, kind in enumerate(output_types(op, attrs)):
        # The tool does not fold what an Identity that is an output reads.
        out = graph.node.add(name=f'o{index}_{port}', op='IdentityN', input=[f'n{index}:{port}'])
        out.attr['T'].list.type.append(kind)
        names.append(out.name)
    return names


def from_tensor(dtype, data):
    if dtype == 'string':
        return Value(dtype, data)
    return Value(dtype, np.asarray(data))


def name_of(kind):
    return {'float': 'float32', 'double': 'float64', 'half': 'float16'}.get(
        types_pb2.DataType.Name(kind)[3:].lower(), types_pb2.DataType.Name(kind)[3:].lower())


def record():
    recorded = {}
    differing = 0
    for family, listed in cases.items():
        rows = []
        for index, (op, inputs, attrs, open_ports) in enumerate(listed):
            graph = graph_pb2.GraphDef()
            graph.versions.producer = PRODUCERS.get(op, 1000)
            names = add_case(graph, index, op, inputs, attrs)
            row = {'op': op, 'attrs': attrs, 'inputs': [value.text() for value in inputs]}
            rows.append(row)
            try:
                with tf.Graph().as_default() as imported:
                    tf.import_graph_def(graph, name='')
                config = tf.compat.v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
                config.graph_options.optimizer_options.opt_level = -1
                config.graph_options.rewrite_options.disable_meta_optimizer = True
                with tf.compat.v1.Session(graph=imported, config=config) as session:
                    answers = session.run([name + ':0' for name in names])
            except Exception as error:
                row['error'] = str(error).split('\n')[0][:120]
                continue
            kinds = output_types(op, attrs)
            row['outputs'] = [None if port in open_ports else from_tensor(name_of(kind), data).text()
                              for port, (kind, data) in enumerate(zip(kinds, answers))]
            try:
                folded = graph_pb2.GraphDef.FromString(_pywrap_transform_graph.TransformGraphWithStringInputs(
                    graph.SerializeToString(), '', ','.join(names), 'fold_constants'))
            except Exception as error:
                print(family, op, attrs, 'is not folded:', str(error)[:80], file=sys.stderr)
                continue
            nodes = {node.name: node for node in folded.node}
            for port, name in enumerate(names):
                source = nodes.get(nodes[name].input[0])
                if port in open_ports or source is None or source.op != 'Const' or '__cf__' not in source.name:
                    continue
                data = tensor_util.MakeNdarray(source.attr['value'].tensor)
                text = from_tensor(name_of(kinds[port]), data).text()
                if text != row['outputs'][port]:
                    differing += 1
                    print(family, op, attrs, 'differs between session and folding', file=sys.stderr)
                row['outputs'][port] = text
        recorded[family] = rows
    print(sum(map(len, recorded.values())), 'cases,', differing, 'differ between a session and folding', file=sys.stderr)
    return recorded


def main(folder, families):
    for name in MODULES:
        importlib.import_module(name).declare()
    for family in [name for name in cases if families and name not in families]:
        del cases[family]
    for family, rows in record().items():
        with open(os.path.join(folder, family + '.json'), 'w') as file:
            file.write('[\n' + ',\n'.join(json.dumps(row, separators=(',', ':')) for row in rows) + '\n]\n')


main(sys.argv[1], sys.argv[2:])
