"""Records the shapes that TensorFlow infers for single ops with random attributes and inputs. Development only.

    python test/ops/shapes/record_ops.py test/ops/shapes/goldens/ops.pb.gz [CASES_AN_OP [SEED [OP ...]]]

Gives one GraphDef: each case is a node `OP/NUMBER` behind the nodes it reads, with what TensorFlow 2.21 infers for it in
`_output_shapes`. What TensorFlow refuses is no case. The ops are those of mobile builds and of TensorFlow.js graphs, and
some that stand in frozen graphs besides: the lines of ops.txt beside this file. TensorArrayScatter and TensorArrayUnpack
are not among them: they were given up when a scalar still stood for a shape that is not known.
"""
import gzip
import os
import random
import signal
import sys

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, graph_pb2, node_def_pb2, versions_pb2
from tensorflow.python.framework import op_def_registry

TYPES = [tf.float32, tf.int32, tf.int64, tf.bool, tf.string, tf.uint8, tf.complex64, tf.qint32, tf.quint8, tf.qint8]
OPTIMIZER_SCALARS = set(
    """lr alpha beta1 beta2 beta1_power beta2_power epsilon rho l1 l2 lr_power l2_shrinkage momentum logbase sign_decay
    global_step beta""".split()
)


class Unfit(Exception):
    """The generator has nothing for this input or attribute."""


class Case:
    def __init__(self, rng, op, name):
        self.rng, self.op, self.name = rng, op_def_registry.get(op), name
        self.nodes, self.count = [], 0
        self.attrs, self.types = {}, {}
        self.base = self.random_shape()

    def random_shape(self, rank=None):
        rank = self.rng.choice([0, 1, 2, 2, 3, 3, 4, 4, 4, 5]) if rank is None else rank
        return [self.rng.choice([1, 2, 3, 4, 4, 6, 8]) for _ in range(rank)]

    def blur(self, shape):
        """The shape with some of what is known of it gone."""
        roll = self.rng.random()
        if roll < 0.08:
            return None
        if roll < 0.6:
            return list(shape)
        return [None if self.rng.random() < 0.35 else size for size in shape]

    def add(self, op, inputs=(), **attrs):
        node = node_def_pb2.NodeDef(name=f'{self.name}/{self.count}', op=op, input=inputs)
        self.count += 1
        for key, value in attrs.items():
            node.attr[key].CopyFrom(value)
        self.nodes.append(node)
        return node.name

    def placeholder(self, dtype, shape):
        proto = tf.TensorShape(shape).as_proto()
        return self.add('Placeholder', dtype=type_attr(dtype), shape=attr_value_pb2.AttrValue(shape=proto))

    def const(self, dtype, values):
        array = np.array(values, dtype.as_numpy_dtype)
        value = attr_value_pb2.AttrValue(tensor=tf.make_tensor_proto(array, dtype))
        return self.add('Const', dtype=type_attr(dtype), value=value)

    # Attributes

    def attr(self, definition):
        kind, name, rng = definition.type, definition.name, self.rng
        if self.op.name.startswith('Parse') and name in LENGTHS:
            return self.parser_attr(kind)
        if definition.HasField('default_value') and rng.random() < 0.35:
            return definition.default_value
        value = attr_value_pb2.AttrValue()
        allowed = definition.allowed_values.list
        if kind == 'type':
            value.type = self.some_type(name, [tf.as_dtype(each) for each in allowed.type]).as_datatype_enum
        elif kind == 'int':
            value.i = self.some_int(name, definition)
        elif kind == 'bool':
            value.b = rng.random() < 0.5
        elif kind == 'float':
            value.f = 1.0
        elif kind == 'string':
            value.s = self.some_string(name, allowed.s)
        elif kind == 'shape':
            shape = self.blur(self.random_shape(rng.choice([0, 1, 2, 3])) if rng.random() < 0.5 else self.base)
            value.shape.CopyFrom(tf.TensorShape(shape).as_proto())
        elif kind == 'list(int)':
            value.list.i.extend(self.some_ints(name))
        elif kind == 'list(type)':
            if definition.has_minimum or rng.random() < 0.9:
                value.list.type.extend(rng.choice([1, 3, 7]) for _ in range(rng.choice([1, 1, 2, 3])))
        elif kind == 'list(shape)':
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                value.list.shape.add().CopyFrom(tf.TensorShape(self.blur(self.random_shape())).as_proto())
        elif kind == 'list(float)':
            value.list.f.extend([0.0, 1.0])
        elif kind == 'list(string)':
            partitions = [b'ROW_SPLITS', b'FIRST_DIM_SIZE VALUE_ROWIDS', b'ROW_SPLITS ROW_SPLITS']
            words = rng.choice(partitions).split() if name == 'row_partition_types' else [b'a', b'b']
            value.list.s.extend(words)
        elif kind == 'list(func)':
            value.list.func.add().name = 'f'
        elif kind == 'func':
            value.func.name = 'f'
        else:
            raise Unfit(kind)
        return value

    def parser_attr(self, kind):
        value = attr_value_pb2.AttrValue()
        if kind == 'int':
            value.i = 1
        elif kind == 'list(type)':
            value.list.type.append(1)
        elif kind == 'list(string)':
            value.list.s.append(b'a')
        else:
            value.list.shape.add().CopyFrom(tf.TensorShape(self.random_shape(self.rng.choice([0, 1, 2]))).as_proto())
        return value

    def some_type(self, name, allowed):
        liked = [each for each in TYPES if not allowed or each in allowed]
        if name in ('Tidx', 'Tindices', 'Tshape', 'Tpaddings', 'out_type', 'Tlen', 'output_type'):
            liked = [each for each in liked if each in (tf.int32, tf.int64)] or liked
        if not liked:
            raise Unfit(name)
        return liked[0] if self.rng.random() < 0.6 else self.rng.choice(liked)

    def some_int(self, name, definition):
        low = definition.minimum if definition.has_minimum else -2
        if name in ('block_size', 'num_split', 'num'):
            return self.rng.choice([2, 2, max(low, 1), 3, 4])
        if name in ('begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'):
            masks = [0, 0, 1, 2, 4, 8] if name == 'ellipsis_mask' else [0, 0, 0, 1, 2, 3, 4, 5, 9]
            return self.rng.choice(masks)
        return self.rng.choice([max(low, each) for each in (-2, -1, 0, 0, 1, 1, 2, 3)])

    def some_string(self, name, allowed):
        if allowed:
            return self.rng.choice(list(allowed))
        if name == 'equation':
            equations = [b'ij,jk->ik', b'bij,bjk->bik', b'...ij,...jk->...ik', b'ij->ji', b'i,j->ij', b'abcd,de->abce',
                         b'i->', b'ij,kj', b'...i->...', b'ii->i', b'ij,jk->', b'...a,...a->...']
            return self.rng.choice(equations)
        if name == 'data_format':
            five = '3D' in self.op.name or '3d' in self.op.name
            return self.rng.choice([b'NDHWC', b'NCDHW'] if five else [b'NHWC', b'NCHW'])
        return {'padding': b'VALID', 'op': b'AVG', 'preprocess': b''}.get(name, b'x')

    def some_ints(self, name):
        rng, op = self.rng, self.op.name
        rank = 5 if '3D' in op or '3d' in op or self.base_rank == 5 else 4
        if name == 'squeeze_dims':
            return rng.choice([[], [0], [1], [-1], [0, 2]])
        if name == 'explicit_paddings':
            return rng.choice([[], [0, 0, 1, 1, 2, 0, 0, 0], [0, 0, 0, 0, 1, 1, 0, 2]])
        if name in ('ksize', 'ksizes', 'strides', 'rates', 'dilations'):
            steps = [rng.choice([1, 1, 2, 3]) for _ in range(rank)]
            steps[0] = 1
            steps[rng.choice([1, -1, -1])] = 1
            if self.attrs.get('data_format') and self.attrs['data_format'].s.startswith(b'NC'):
                steps[1], steps[-1] = 1, rng.choice([1, 2])
            elif 'data_format' in self.attrs:
                steps[-1] = 1
            return [1] * rank if name == 'dilations' and rng.random() < 0.7 else steps
        return [rng.choice([0, 1, 1, 2]) for _ in range(rng.choice([0, 1, 2]))]

    # Inputs

    def shape_for(self, arg):
        name, rng, op = arg.name, self.rng, self.op.name
        if name in SHAPES.get(op, {}):
            wanted = SHAPES[op][name]
            return self.random_shape(wanted) if isinstance(wanted, int) else list(wanted)
        if name in SCALARS or (name in OPTIMIZER_SCALARS and 'Apply' in op):
            return [] if rng.random() < 0.9 else self.random_shape(1)
        if name in VECTORS:
            return [rng.choice([1, 2, 3, self.base[-1] if self.base else 2])]
        if name in FOUR and rng.random() < 0.8:
            return [2, rng.choice([3, 4, 6]), rng.choice([4, 5, 8]), rng.choice([1, 3, 4])]
        roll = rng.random()
        if roll < 0.5 or not self.base:
            return self.base
        if roll < 0.65:
            return [size if rng.random() < 0.6 else 1 for size in self.base]
        if roll < 0.72:
            return self.base[rng.randrange(len(self.base)) :]
        if roll < 0.79:
            return self.base[: rng.randrange(len(self.base))]
        if roll < 0.86:
            return self.base[-1:] if rng.random() < 0.7 else self.base[1:2]
        return self.random_shape(len(self.base) if rng.random() < 0.5 else None)

    def integers(self, arg):
        """The value of an input that is likely to be looked at."""
        rng, rank, name = self.rng, len(self.base), arg.name
        if name in ('perm',):
            return rng.sample(range(rank), rank)
        if name in ('paddings', 'crops', 'pads'):
            return [[rng.choice([0, 1, 2]), rng.choice([0, 0, 1])] for _ in range(rng.choice([rank, rank, max(rank - 2, 1), 2]))]
        if name in ('size', 'image_size', 'output_shape', 'out_shape') and rng.random() < 0.7:
            return [rng.choice([2, 3, 5]) for _ in range(2)]
        if name == 'size_splits':
            return [rng.choice([1, 2, -1]) for _ in range(self.attrs['num_split'].i)]
        if name in ('block_shape',):
            return [rng.choice([1, 2, 2]) for _ in range(rng.choice([1, 2, max(rank - 2, 1)]))]
        if name in ('axis', 'dim', 'dimension', 'split_dim', 'concat_dim', 'axes', 'reduction_indices'):
            one = rng.randrange(-rank, rank) if rank else 0
            return one if rng.random() < 0.6 or name in ('split_dim', 'concat_dim') else rng.sample(range(rank), rng.randrange(rank + 1))
        if name in ('begin', 'end', 'strides'):
            count = rng.choice([rank, rank, max(rank - 1, 1)])
            if self.slices is None:
                self.slices = count
            values = [1, 1, 1, 2, -1] if name == 'strides' else [0, 0, 1, 2, -1, 4]
            return [rng.choice(values) for _ in range(self.slices)]
        if name in ('input_sizes', 'filter_sizes', 'orig_input_shape'):
            return list(self.base)
        roll = rng.random()
        if roll < 0.35:
            return rng.choice([0, 1, 1, 2, 3, 4, -1])
        if roll < 0.6:
            return list(self.base) + [rng.choice([1, -1])] * rng.choice([0, 0, 0, 1])
        if roll < 0.9:
            return [rng.choice([-1, 0, 1, 2, 3, 4]) for _ in range(rng.choice([rank, rank, 1, 2, 3]))]
        return [[rng.choice([0, 1, 2]) for _ in range(2)] for _ in range(rank)]

    def input(self, arg, dtype):
        rng, op = self.rng, self.op.name
        if arg.name == 'flow_in':
            return self.const(dtype, 0.0)
        if arg.is_ref:
            return self.reference(arg, dtype)
        if dtype == tf.variant:
            return self.tensor_list()
        if dtype == tf.resource:
            return self.resource()
        integral = dtype in (tf.int32, tf.int64) and arg.name not in NO_VALUE
        if integral and rng.random() < (0.85 if arg.name in VALUES or arg.type else 0.3):
            return self.const(dtype, self.integers(arg))
        if op in ('Range', 'LinSpace') or arg.name in ('pooling_ratio',):
            return self.const(dtype, rng.choice([0, 1, 2, 5, 10])) if dtype not in (tf.bool, tf.string) else self.placeholder(dtype, [])
        return self.placeholder(dtype, self.blur(self.shape_for(arg)))

    def reference(self, arg, dtype):
        if dtype == tf.string and arg.name in ('handle', 'table_handle'):
            if 'TensorArray' in self.op.name:
                return self.add('TensorArray', [self.const(tf.int32, 3)], dtype=type_attr(tf.float32))
            if 'Stack' in self.op.name:
                return self.add('Stack', elem_type=type_attr(tf.float32))
            if 'Queue' in self.op.name:
                types = attr_value_pb2.AttrValue()
                types.list.type.append(1)
                attrs = {'component_types': types}
                return self.add('FIFOQueue', **attrs)
            return self.add('HashTable', key_dtype=type_attr(tf.string), value_dtype=type_attr(tf.int64))
        shape = attr_value_pb2.AttrValue(shape=tf.TensorShape(self.blur(self.shape_for(arg))).as_proto())
        return self.add('VariableV2', shape=shape, dtype=type_attr(dtype))

    def tensor_list(self):
        rng = self.rng
        shape_type = type_attr(rng.choice([tf.int32, tf.int64]))
        element = self.const(tf.as_dtype(shape_type.type), rng.choice([-1, self.base, [-1] * len(self.base), self.base[1:]]))
        count = self.const(tf.int32, 3)
        attrs = {'element_dtype': type_attr(tf.float32), 'shape_type': shape_type}
        roll = rng.random()
        if roll < 0.35:
            return self.add('TensorListReserve', [element, count], **attrs)
        if roll < 0.6:
            return self.add('EmptyTensorList', [element, count], **attrs)
        if roll < 0.9:
            tensor = self.placeholder(tf.float32, self.blur([3, *self.base]))
            return self.add('TensorListFromTensor', [tensor, element], **attrs)
        return self.placeholder(tf.variant, [])

    def resource(self):
        op = self.op.name
        if 'TensorArray' in op:
            shape = attr_value_pb2.AttrValue(shape=tf.TensorShape(self.blur(self.base)).as_proto())
            same = attr_value_pb2.AttrValue(b=self.rng.random() < 0.5)
            size = self.const(tf.int32, 3)
            return self.add('TensorArrayV3', [size], dtype=type_attr(tf.float32), element_shape=shape,
                            identical_element_shapes=same)
        if 'Lookup' in op:
            shape = attr_value_pb2.AttrValue(shape=tf.TensorShape(self.blur(self.random_shape(1))).as_proto())
            types = {'key_dtype': type_attr(tf.int64), 'value_dtype': type_attr(tf.float32)}
            if self.rng.random() < 0.5:
                return self.add('HashTableV2', **types)
            return self.add('MutableHashTableOfTensorsV2', value_shape=shape, **types)
        if 'Variable' in op:
            shape = attr_value_pb2.AttrValue(shape=tf.TensorShape(self.blur(self.base)).as_proto())
            return self.add('VarHandleOp', dtype=type_attr(tf.float32), shape=shape)
        return self.placeholder(tf.resource, [])

    def build(self):
        self.slices = None
        order = sorted(self.op.attr, key=lambda each: each.name != 'data_format')
        self.base_rank = len(self.base)
        prefer_base(self)
        for definition in order:
            self.attrs[definition.name] = self.attr(definition)
        inputs = []
        for arg in self.op.input_arg:
            if arg.type_list_attr:
                types = list(self.attrs[arg.type_list_attr].list.type)
            else:
                count = self.attrs[arg.number_attr].i if arg.number_attr else 1
                types = [arg.type or self.attrs[arg.type_attr].type] * count
            inputs += [self.input(arg, tf.as_dtype(each)) for each in types]
        node = node_def_pb2.NodeDef(name=self.name, op=self.op.name, input=inputs)
        for key, value in self.attrs.items():
            node.attr[key].CopyFrom(value)
        self.nodes.append(node)
        return self.nodes


# What these ops insist on: a rank, or a shape.
BOXES = {'boxes': [6, 4], 'scores': [6], 'box_ind': [6], 'image': 4, 'images': 4, 'grads': 4, 'score_threshold': [],
         'iou_threshold': [], 'max_output_size': []}
CHANNELS = {'inputs': [2, 4, 4, 3], 'gradients': [2, 4, 4, 3], 'min': [3], 'max': [3]}
NORM = {'x': [2, 5, 5, 4], 'y_backprop': [2, 5, 5, 4], 't': [2, 5, 5, 4], 'backprop': [2, 5, 5, 4],
        **{name: [4] for name in 'm v beta gamma scale offset mean variance reserve_space_1 reserve_space_2'.split()}}
SPARSE = {'indices': [5, 2], 'values': [5], 'dense_shape': [2], 'default_value': [], 'input_indices': [5, 2]}
SHAPES = {
    **{f'NonMaxSuppression{version}': BOXES for version in ('', 'V2', 'V3', 'V4', 'V5')},
    'CropAndResize': BOXES, 'CropAndResizeGradBoxes': BOXES, 'CropAndResizeGradImage': BOXES,
    'FakeQuantWithMinMaxVarsPerChannel': CHANNELS, 'FakeQuantWithMinMaxVarsPerChannelGradient': CHANNELS,
    'FusedBatchNormGrad': NORM, 'FusedBatchNormGradV2': NORM, 'BatchNormWithGlobalNormalization': NORM,
    'BatchNormWithGlobalNormalizationGrad': NORM, 'SparseFillEmptyRows': SPARSE,
    'ParseExample': {'serialized': 1, 'names': [0], 'sparse_keys': [], 'dense_keys': []},
    'ParseSingleExample': {'serialized': []},
    'ParseSingleSequenceExample': {'serialized': [], 'debug_name': [], 'context_sparse_keys': [],
                                   'context_dense_keys': [], 'feature_list_sparse_keys': [],
                                   'feature_list_dense_keys': [], 'feature_list_dense_missing_assumed_empty': 1},
    'QuantizedConcat': {'concat_dim': [], 'input_mins': [], 'input_maxes': []},
    'RaggedTensorToTensor': {'shape': 1, 'row_partition_tensors': 1, 'default_value': [], 'values': 2},
    'TopK': {'input': 2}, 'QuantizedInstanceNorm': {'x': 4, 'x_min': [], 'x_max': []},
    'MaxPoolGradGradV2': {'orig_input': [2, 6, 6, 3], 'orig_output': [2, 3, 3, 3], 'grad': [2, 6, 6, 3]},
    '_FusedConv2D': {'input': 4, 'filter': 4}, '_FusedDepthwiseConv2dNative': {'input': [2, 6, 6, 3], 'filter': [3, 3, 3, 2]},
    'SparseTensorDenseMatMul': {'a_indices': [5, 2], 'a_values': [5], 'a_shape': [2], 'b': 2},
}
# Lists whose lengths must agree.
LENGTHS = {
    'num_sparse': 1, 'sparse_keys': 1, 'sparse_types': 1, 'dense_keys': 1, 'Tdense': 1, 'dense_shapes': 1, 'Nsparse': 1,
    'Ndense': 1, 'Ncontext_sparse': 1, 'Ncontext_dense': 1, 'Nfeature_list_sparse': 1, 'Nfeature_list_dense': 1,
    'context_sparse_types': 1, 'Tcontext_dense': 1, 'feature_list_dense_types': 1, 'context_dense_shapes': 1,
    'feature_list_sparse_types': 1, 'feature_list_dense_shapes': 1,
}
SCALARS = set(
    """min max min_a max_a min_b max_b min_x max_x min_y max_y min_features max_features min_input max_input min_bias
    max_bias min_filter max_filter input_min input_max requested_output_min requested_output_max min_range max_range
    input_min input_max k seed_value num_segments num_samples iou_threshold score_threshold max_output_size flow_in
    on_value off_value max_value num depth start limit delta stop handle_size input_range axis dim dimension split_dim
    concat_dim index default_value empty_key deleted_key clip_value_min clip_value_max rate sample_rate num_elements
    max_num_elements bins pred transpose output_dim0 soft_nms_sigma contrast_factor scale_factor delimiter pattern rewrite
    n contents max_size basename shard num_shards prefix file_pattern tensor_name fill_value tag""".split()
)
VECTORS = set('scale offset mean variance bias gamma beta m v fft_length sequence_length shape_and_slices box_ind box_indices'.split())
FOUR = set('images grads image original_image orig_input orig_output out_backprop input_sizes features filter y_backprop backprop t'.split())
NO_VALUE = set()
VALUES = set(
    """perm paddings crops size shape axis dim dimension split_dim concat_dim axes reduction_indices begin end strides
    multiples block_shape indices k depth num_segments input_sizes filter_sizes orig_input_shape output_shape dims ksize
    s0 s1 size_splits image_size""".split()
)


def prefer_base(case):
    """Most ops of pictures take rank 4, those of volumes 5."""
    op = case.op.name
    if '3D' in op or '3d' in op:
        case.base = case.random_shape(5)
    elif any(word in op for word in ('Conv', 'Pool', 'Resize', 'Crop', 'Patches', 'Depth', 'LRN', 'BatchNorm', 'Dilation')):
        case.base = case.random_shape(4)
    elif any(word in op for word in ('MatMul', 'CrossEntropy', 'LSTM', 'GRU')):
        case.base = case.random_shape(2) if case.rng.random() < 0.6 else case.random_shape(3)
    case.base_rank = len(case.base)


def type_attr(dtype):
    return attr_value_pb2.AttrValue(type=dtype.as_datatype_enum)


def infer(nodes, versions):
    """The shapes of the last node's outputs."""
    graph_def = graph_pb2.GraphDef(node=nodes, versions=versions)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name='')
    return [output.shape for output in graph.get_operation_by_name(nodes[-1].name).outputs]


def versions_for(op, nodes, versions):
    """Ops that were given up are there in graphs of before. Those have no scalar placeholders."""
    given_up = op_def_registry.get(op).deprecation.version
    if given_up == 0:
        return versions
    if given_up <= 24 and any(node.op == 'Placeholder' and len(node.attr['shape'].shape.dim) == 0 for node in nodes):
        raise Unfit('a scalar placeholder')
    return versions_pb2.VersionDef(producer=given_up - 1)


def cases(op, wanted, rng, versions):
    """Nodes of one case after the other, with the shapes in the last of them."""
    kept, seen, most = 0, set(), 40 * wanted + 200
    for attempt in range(most):
        try:
            nodes = Case(rng, op, f'{op.lstrip("_")}/{kept}').build()
            shapes = infer(nodes, versions_for(op, nodes, versions))
        except Exception:
            continue
        # Some of each kind of answer: the same again only where nothing else came for long.
        if str(shapes) in seen and attempt < most // 2:
            continue
        seen.add(str(shapes))
        for shape in shapes:
            nodes[-1].attr['_output_shapes'].list.shape.add().CopyFrom(shape.as_proto())
        yield nodes
        kept += 1
        if kept == wanted:
            return


def in_child(op, wanted, seed, versions):
    """The cases of an op from a process of its own, as TensorFlow's shape functions may abort it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(300)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(writing, 'wb') as out:
            for nodes in cases(op, wanted, random.Random(f'{op} {seed}'), versions):
                data = graph_pb2.GraphDef(node=nodes).SerializeToString(deterministic=True)
                out.write(len(data).to_bytes(4, 'little') + data)
                out.flush()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, 'rb') as pipe:
        data = pipe.read()
    status = os.waitpid(child, 0)[1]
    found = []
    while data:
        size = int.from_bytes(data[:4], 'little')
        found.append(graph_pb2.GraphDef.FromString(data[4 : 4 + size]))
        data = data[4 + size :]
    return found, status


def main(golden, wanted='6', seed='1', *only):
    wanted = int(wanted)
    versions = tf.Graph().as_graph_def().versions
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ops.txt')) as file:
        ops = list(only) or [line.strip() for line in file if line.strip()]
    whole = graph_pb2.GraphDef(versions=versions)
    for op in ops:
        best = []
        for attempt in range(4):
            found, status = in_child(op, wanted, f'{seed} {attempt}', versions)
            best = max(best, found, key=len)
            if status == 0:
                break
        if len(best) < wanted:
            print(f'{op}: {len(best)} cases, status {status}', file=sys.stderr)
        for graph_def in best:
            whole.node.extend(graph_def.node)
    with open(golden, 'wb') as file:
        file.write(gzip.compress(whole.SerializeToString(deterministic=True), 9, mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
