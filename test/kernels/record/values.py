"""Values and cases to record: what the files of cases declare."""
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import tensor_util

BF16 = tf.bfloat16.as_numpy_dtype
FLOATS = ['float32', 'float64', 'float16', 'bfloat16']
WIDE = ['float32', 'float64']
INTS = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64']
SIGNED = ['int8', 'int16', 'int32', 'int64']
NUMBERS = FLOATS + INTS
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, 3.7, -3.7, 1e-40, 1e-20, -1e30, np.inf, -np.inf, np.nan, 1 / 3]


def array(dtype, values, shape=None):
    kind = {'bfloat16': BF16, 'string': object}.get(dtype, dtype)
    if dtype.startswith(('q', 'Q')):
        made = np.array(values, {'quint8': 'u1', 'qint8': 'i1', 'qint16': 'i2', 'quint16': 'u2', 'qint32': 'i4'}[dtype])
    else:
        with np.errstate(all='ignore'):
            made = np.array(values).astype(kind) if dtype != 'string' else np.array(values, object)
    made = made if shape is None else made.reshape(shape)
    return Value(dtype, made)


class Value:
    def __init__(self, dtype, data):
        self.dtype, self.data = dtype, np.asarray(data)

    def text(self):
        if self.dtype == 'string':
            body = ','.join(bytes(item).hex() for item in self.data.ravel())
        else:
            body = np.ascontiguousarray(self.data).tobytes().hex()
        return f'{self.dtype} [{",".join(map(str, self.data.shape))}] {body}'

    def proto(self):
        if self.dtype == 'string':
            return tensor_util.make_tensor_proto(self.data, tf.string, shape=self.data.shape)
        proto = tf.make_tensor_proto(np.zeros((), 'f4'))
        proto.Clear()
        proto.dtype = tf.as_dtype(self.dtype).as_datatype_enum
        for size in self.data.shape:
            proto.tensor_shape.dim.add().size = size
        if self.data.size:
            proto.tensor_content = np.ascontiguousarray(self.data).tobytes()
        return proto


def specials(dtype):
    if dtype in FLOATS:
        return SPECIAL
    info = np.iinfo(dtype)
    return sorted({v for v in (0, 1, -1, 2, -3, 5, 7, -8, 100, info.max, info.min) if info.min <= v <= info.max})


def pair(dtype, spread=True):
    values = specials(dtype)
    n = len(values)
    return (array(dtype, values, (n, 1)), array(dtype, values, (1, n)))


def smooth(dtype, shape, seed=0, low=-3.0, high=3.0):
    random = np.random.RandomState(seed)
    values = random.uniform(low, high, shape)
    return array(dtype, values if dtype in FLOATS else np.round(values * 3))


def ints(*values, dtype='int32', shape=None):
    return array(dtype, list(values), shape)


def scalar(dtype, value):
    return array(dtype, value, ())


cases = {}


def case(family, op, inputs, _open=(), **attrs):
    """`_open` are the ports whose contents TensorFlow leaves open."""
    cases.setdefault(family, []).append((op, inputs, attrs, _open))


def T(dtype):
    return {'type': dtype}
