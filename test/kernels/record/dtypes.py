"""Records the dtypes for which TensorFlow has kernels on the CPU. Development only.

    python test/kernels/record/dtypes.py test/kernels/tensorflow-dtypes.json

Of each op without state: its attributes that are types, and what the registered kernels and the signature both allow;
`any` where neither says anything.
"""
import json
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.framework import kernels


def names(types):
    return [tf.as_dtype(each).name for each in types]


registry = op_def_pb2.OpList()
registry.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
registered = {}
for kernel in kernels.get_all_registered_kernels().kernel:
    if kernel.device_type == 'CPU':
        registered.setdefault(kernel.op, []).append({c.name: names(c.allowed_values.list.type) for c in kernel.constraint})
recorded = {}
for op in registry.op:
    if op.is_stateful or op.name not in registered:
        continue
    for attr in op.attr:
        if attr.type not in ('type', 'list(type)'):
            continue
        allowed = set(names(attr.allowed_values.list.type)) or None
        for kernel in registered[op.name]:
            if attr.name not in kernel:
                found = allowed
                break
        else:
            found = {each for kernel in registered[op.name] for each in kernel[attr.name]}
            found = found & allowed if allowed else found
        recorded.setdefault(op.name, {})[attr.name] = sorted(found) if found is not None else 'any'
with open(sys.argv[1], 'w') as file:
    rows = [f'{json.dumps(op)}: {json.dumps(attrs)}' for op, attrs in sorted(recorded.items())]
    file.write('{\n' + ',\n'.join(rows) + '\n}\n')
