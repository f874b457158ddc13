"""Writes the checkpoints of this folder and of test/transforms/checkpoints with TensorFlow 2.21. Development only.

    "$GRAPHDEF_ORACLE/bin/python" test/codec/checkpoints/record.py
"""
import glob
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()
HERE = os.path.dirname(os.path.abspath(__file__))
TRANSFORMS = os.path.join(HERE, "..", "..", "transforms", "checkpoints")


def save(prefix, make, sharded=False):
    config = tf.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default() as graph, tf.Session(graph=graph, config=config) as session:
        make()
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(sharded=sharded, write_version=tf.train.SaverDef.V2)
        saver.save(session, prefix, write_meta_graph=False, write_state=False)
    for path in sorted(glob.glob(prefix + ".*")):
        print(os.path.relpath(path), os.path.getsize(path))


def several_types():
    for name, dtype in [("half", np.float16), ("float", np.float32), ("double", np.float64), ("int", np.int32),
                        ("long", np.int64), ("byte", np.uint8), ("flag", np.bool_)]:
        tf.Variable((np.arange(6).reshape(2, 3) - (0 if dtype in (np.uint8, np.bool_) else 2)).astype(dtype), name=name)
    tf.Variable(np.float32(7), name="scope/scalar")
    tf.Variable(np.zeros((0, 2), np.float32), name="empty")
    tf.Variable([b"a", b"bc"], name="text")
    for number in range(300):
        tf.Variable(np.int32(number), name=f"many/of/the/same/beginning_{number}")


def partitioned():
    tf.get_variable("w", initializer=tf.constant(np.arange(5 * 3, dtype=np.float32).reshape(5, 3)),
                    partitioner=tf.fixed_size_partitioner(2, axis=0))
    tf.get_variable("v", initializer=tf.constant(np.arange(4 * 300, dtype=np.int64).reshape(4, 300)),
                    partitioner=tf.fixed_size_partitioner(3, axis=1))
    tf.get_variable("one", initializer=tf.constant([[1.5], [2.5]]))


def two_devices():
    for number in range(2):
        with tf.device(f"/cpu:{number}"):
            tf.Variable(np.float32([number, 10 * number]), name=f"on_{number}")


def linear():
    tf.get_variable("w", initializer=tf.constant([[0.2], [1e-6], [1.2], [0.001]]))


def wide():
    tf.get_variable("w1", initializer=tf.constant([[0.2], [1e-6], [1.2], [0.001]]))
    tf.get_variable("w2", initializer=tf.constant([[0.5], [0.0], [0.0], [0.25]]))
    tf.get_variable("wide", initializer=tf.constant([[0.5, 1.0]]))


save(os.path.join(HERE, "types.ckpt"), several_types)
save(os.path.join(HERE, "partitioned.ckpt"), partitioned)
save(os.path.join(HERE, "sharded.ckpt"), two_devices, sharded=True)
save(os.path.join(TRANSFORMS, "linear.ckpt"), linear)
save(os.path.join(TRANSFORMS, "wide.ckpt"), wide)
