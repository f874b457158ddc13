"""Records the shapes that TensorFlow infers where sizes travel through values: Shape over arithmetic into Reshape. Development only.

    python test/ops/shapes/record_values.py test/ops/shapes/goldens/values.pb.gz [CASES [SEED]]

Gives one GraphDef of many small graphs, with what TensorFlow 2.21 infers for each node in `_output_shapes`.
"""
import gzip
import random
import sys

import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, graph_pb2, node_def_pb2

INT = attr_value_pb2.AttrValue(type=tf.int32.as_datatype_enum)


class Chain:
    def __init__(self, rng, prefix):
        self.rng, self.prefix, self.nodes = rng, prefix, []
        self.scalars, self.vectors, self.tensors = [], [], []

    def add(self, op, *inputs, **attrs):
        node = node_def_pb2.NodeDef(name=f'{self.prefix}/{len(self.nodes)}', op=op, input=inputs)
        for key, value in attrs.items():
            node.attr[key].CopyFrom(value)
        self.nodes.append(node)
        return node.name

    def const(self, values):
        value = attr_value_pb2.AttrValue(tensor=tf.make_tensor_proto(values, tf.int32))
        return self.add('Const', dtype=INT, value=value)

    def placeholder(self):
        shape = [self.rng.choice([None, None, 1, 2, 3, 4, 6]) for _ in range(self.rng.choice([1, 2, 3, 4, 4]))]
        value = attr_value_pb2.AttrValue(shape=tf.TensorShape(shape).as_proto())
        return self.add('Placeholder', dtype=INT, shape=value), len(shape)

    def start(self):
        name, rank = self.placeholder()
        self.tensors.append(name)
        self.vectors.append((self.add('Shape', name, T=INT, out_type=INT), rank))
        roll = self.rng.random()
        if roll < 0.2:
            self.scalars.append(self.add('Size', name, T=INT, out_type=INT))
        elif roll < 0.4:
            self.scalars.append(self.add('Rank', name, T=INT))

    def scalar(self):
        if self.scalars and self.rng.random() < 0.7:
            return self.rng.choice(self.scalars)
        return self.const(self.rng.choice([-1, 0, 1, 2, 3, 4, 12]))

    def step(self):
        rng = self.rng
        vector, length = rng.choice(self.vectors)
        kind = rng.choice('slice at gather pack concat binary vbinary reduce cast expand range prod reshape unpack slice2 split where'.split())
        i = lambda n: attr_value_pb2.AttrValue(i=n)
        if kind == 'slice':
            begin, end, stride = rng.choice([0, 0, 1, -1, -2]), rng.choice([0, 1, 2, 3, -1]), rng.choice([1, 1, 1, 2, -1])
            masks = {'begin_mask': i(rng.choice([0, 0, 1])), 'end_mask': i(rng.choice([0, 1, 1]))}
            begin, end, stride = self.const([begin]), self.const([end]), self.const([stride])
            name = self.add('StridedSlice', vector, begin, end, stride, T=INT, Index=INT, **masks)
            return ('vector', name)
        if kind == 'at':
            at = rng.randrange(length) if length else 0
            begin, end, stride = self.const([at]), self.const([at + 1]), self.const([1])
            return ('scalar', self.add('StridedSlice', vector, begin, end, stride, T=INT, Index=INT, shrink_axis_mask=i(1)))
        if kind == 'gather':
            many = rng.random() < 0.5
            at = [rng.randrange(length) for _ in range(rng.choice([1, 2, 3]))] if length else [0]
            positions, axis = self.const(at if many else at[0]), self.const(0)
            name = self.add('GatherV2', vector, positions, axis, Tparams=INT, Tindices=INT, Taxis=INT)
            return ('vector' if many else 'scalar', name)
        if kind == 'pack':
            parts = [self.scalar() for _ in range(rng.choice([1, 2, 3]))]
            return ('vector', self.add('Pack', *parts, N=i(len(parts)), T=INT, axis=i(0)))
        if kind == 'concat':
            parts = [rng.choice(self.vectors)[0] if rng.random() < 0.6 else self.const([rng.choice([-1, 1, 2, 5])]) for _ in range(2)]
            axis = self.const(0)
            return ('vector', self.add('ConcatV2', *parts, axis, N=i(2), T=INT, Tidx=INT))
        operator = rng.choice(['AddV2', 'Sub', 'Mul', 'FloorDiv', 'Maximum', 'Minimum', 'FloorMod'])
        if kind == 'binary':
            left, right = self.scalar(), self.scalar()
            return ('scalar', self.add(operator, left, right, T=INT))
        if kind == 'vbinary':
            right = self.scalar() if rng.random() < 0.7 else self.const([rng.choice([1, 2, 3]) for _ in range(max(length, 1))])
            pair = [vector, right] if rng.random() < 0.8 else [right, vector]
            return ('vector', self.add(operator, *pair, T=INT))
        if kind in ('reduce', 'prod'):
            op = 'Prod' if kind == 'prod' else rng.choice(['Sum', 'Max', 'Min', 'Prod'])
            keep = attr_value_pb2.AttrValue(b=rng.random() < 0.3)
            axis = self.const([0] if rng.random() < 0.5 else 0)
            return ('vector' if keep.b else 'scalar', self.add(op, vector, axis, T=INT, Tidx=INT, keep_dims=keep))
        if kind == 'cast':
            return ('vector', self.add(rng.choice(['Identity', 'StopGradient', 'Snapshot']), vector, T=INT))
        if kind == 'expand':
            scalar, axis = self.scalar(), self.const(rng.choice([0, -1]))
            return ('vector', self.add('ExpandDims', scalar, axis, T=INT, Tdim=INT))
        if kind == 'range':
            start, limit, delta = self.const(rng.choice([0, 1])), self.scalar(), self.const(rng.choice([1, 1, 2]))
            return ('vector', self.add('Range', start, limit, delta, Tidx=INT))
        if kind == 'reshape':
            shape = self.const([-1])
            return ('vector', self.add('Reshape', vector, shape, T=INT, Tshape=INT))
        if kind == 'unpack':
            name = self.add('Unpack', vector, T=INT, num=i(length), axis=i(0)) if length else None
            return ('scalar', f'{name}:{rng.randrange(length)}' if length > 1 else name) if name else None
        if kind == 'slice2':
            begin, size = self.const([rng.choice([0, 1])]), self.const([rng.choice([-1, 1, 2])])
            return ('vector', self.add('Slice', vector, begin, size, T=INT, Index=INT))
        if kind == 'split':
            axis = self.const(0)
            return ('vector', self.add('Split', axis, vector, T=INT, num_split=i(1)))
        shape = self.const([rng.choice([1, 2])])
        return ('vector', self.add('Fill', shape, self.scalar(), T=INT, index_type=INT))

    def end(self):
        rng = self.rng
        vector = rng.choice(self.vectors)[0]
        op = rng.choice(['Reshape', 'Reshape', 'Fill', 'BroadcastTo', 'RandomUniform', 'Tile', 'Zeros'])
        if op == 'Reshape':
            return self.add('Reshape', rng.choice(self.tensors), vector, T=INT, Tshape=INT)
        if op == 'BroadcastTo':
            return self.add('BroadcastTo', self.const(1), vector, T=INT, Tidx=INT)
        if op == 'RandomUniform':
            return self.add('RandomUniform', vector, T=INT, dtype=attr_value_pb2.AttrValue(type=1))
        return self.add('Fill', vector, self.const(0), T=INT, index_type=INT)


def build(rng, prefix, versions):
    """A graph that TensorFlow takes, grown one step after the other; with the shapes of its nodes."""
    chain = Chain(rng, prefix)
    chain.start()
    if rng.random() < 0.4:
        chain.start()
    wanted = rng.randrange(2, 8)
    tries = 0
    while wanted and tries < 40:
        tries += 1
        kept = len(chain.nodes)
        step = chain.step() if wanted > 1 else ('end', chain.end())
        shapes = infer(chain.nodes, versions) if step else None
        if shapes is None:
            del chain.nodes[kept:]
            continue
        wanted -= 1
        name = step[1]
        shape = shapes[name.split(':')[0]][int(name.split(':')[1]) if ':' in name else 0]
        if step[0] == 'scalar':
            chain.scalars.append(name)
        elif step[0] == 'vector':
            chain.vectors.append((name, shape[0] or 0 if shape.rank == 1 else 0))
    shapes = infer(chain.nodes, versions)
    for node in chain.nodes:
        if node.op not in ('Const', 'Placeholder'):
            for shape in shapes[node.name]:
                node.attr['_output_shapes'].list.shape.add().CopyFrom(shape.as_proto())
    return chain.nodes


def infer(nodes, versions):
    try:
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(graph_pb2.GraphDef(node=nodes, versions=versions), name='')
    except ValueError:
        return None
    return {op.name: [output.shape for output in op.outputs] for op in graph.get_operations()}


def main(golden, count='400', seed='1'):
    versions = tf.Graph().as_graph_def().versions
    rng = random.Random(int(seed))
    whole = graph_pb2.GraphDef(versions=versions)
    for number in range(int(count)):
        whole.node.extend(build(rng, str(number), versions))
    with open(golden, 'wb') as file:
        file.write(gzip.compress(whole.SerializeToString(deterministic=True), 9, mtime=0))


main(*sys.argv[1:])
