import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { writeMemmapped } from '../../src/codec/memmapped.js'
import { readModel } from '../../src/codec/read-model.js'
import { GraphdefError } from '../../src/errors.js'
import { model } from '../models/models.js'
import { fixture, lfsPointer, text } from './fixture.js'

const pb = readFileSync(model('ut_deep_mlp').path)
const pbtxt = text('node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }\n')
const memmapped = joinSlices(writeMemmapped(readGraphDef(pb)).list)
const none = new Uint8Array(0)

/** The code and the message that reading the bytes ends with. */
async function refusal(bytes: Uint8Array): Promise<{ code: string; message: string }> {
  try {
    await readModel(bytes)
  } catch (error) {
    if (!(error instanceof GraphdefError)) throw error
    return { code: error.code, message: error.message }
  }
  throw new Error('the file was read')
}

describe('readModel', () => {
  it.each([
    ['graphdef', pb, 'x'],
    ['pbtxt', pbtxt, 'x'],
    ['memmapped', memmapped, 'x'],
  ] as const)('reads a %s, also compressed', async (kind, bytes, first) => {
    for (const gzip of [false, true]) {
      const read = await readModel(gzip ? gzipSync(bytes) : bytes)
      expect({ kind: read.kind, gzip: read.gzip }).toEqual({ kind, gzip })
      expect(read.graph.has(first)).toBe(true)
    }
  })

  it('says of a GraphDef that it is truncated wherever it is cut, but for the ends of records', async () => {
    const small = readFileSync(model('dl4j_add_n').path)
    const outcomes: Record<string, number[]> = {}
    for (let length = 1; length < small.length; length++) {
      const outcome = await readModel(small.subarray(0, length)).then(
        ({ graph }) => `${graph.size} nodes`,
        (error: unknown) => (error instanceof GraphdefError ? error.code : String(error)),
      )
      ;(outcomes[outcome] ??= []).push(length)
    }
    const { truncated, ...others } = outcomes
    // One byte alone may be anything; a GraphDef may end behind each node.
    expect(others).toEqual({
      'not-a-graph': [1],
      '1 nodes': [67],
      '2 nodes': [134],
      '3 nodes': [174],
      '4 nodes': [223],
      '5 nodes': [257],
    })
    expect(truncated).toHaveLength(small.length - 1 - 6)
  })

  it('says where a cut GraphDef ends', async () => {
    expect(await refusal(pb.subarray(0, 1000))).toEqual({
      code: 'truncated',
      message: [
        'the data ends at byte 1000, in the middle of a field',
        '  The file is cut short: download or copy it again, and compare its size with the original.',
      ].join('\n'),
    })
  })

  it('says that a gzip file is cut or damaged', async () => {
    const packed = gzipSync(pb)
    expect(await refusal(packed.subarray(0, 1000))).toEqual({
      code: 'truncated',
      message: [
        'the gzip file ends too early',
        '  Download or copy it again and compare its size with the original.',
      ].join('\n'),
    })
    const flipped = packed.slice()
    flipped[flipped.length - 5]! ^= 1
    expect((await refusal(flipped)).message.split('\n')[0]).toBe('the gzip file is damaged')
  })

  it('names what is in a gzip file', async () => {
    expect((await refusal(gzipSync(text(lfsPointer)))).code).toBe('git-lfs-pointer')
    expect((await refusal(gzipSync(gzipSync(pb)))).code).toBe('not-a-graph')
  })
})

const freezeKeras = `Freeze it with TensorFlow, then import frozen.pb:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    model = tf.keras.models.load_model('MODEL')
    inputs = [tf.TensorSpec(t.shape, t.dtype, name=t.name) for t in model.inputs]
    frozen = convert_variables_to_constants_v2(tf.function(model).get_concrete_function(inputs))
    tf.io.write_graph(frozen.graph, '.', 'frozen.pb', as_text=False)`

const freezeMeta = `Freeze it with TensorFlow (CHECKPOINT is the name of the checkpoint without .meta or .index), then import frozen.pb:
    python -m tensorflow.python.tools.freeze_graph --input_meta_graph=CHECKPOINT.meta --input_checkpoint=CHECKPOINT --input_binary=true --output_node_names=OUTPUT_NODES --output_graph=frozen.pb`

const htmlAdvice = `Download the file itself: on GitHub and Hugging Face behind the "raw" or "download" link. A page also comes in place of
  a file that is not there, that needs a login, or whose download must be confirmed (Google Drive).`

describe('what is no graph', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'empty-file',
      none,
      `the file is empty
  Download or copy the model again.`,
    ],
    [
      'git-lfs-pointer',
      text(lfsPointer),
      `the file is a Git LFS pointer, not the model, which has 96123456 bytes
  Fetch the model: git lfs install && git lfs pull
  In CI, check out with LFS (actions/checkout: lfs: true).`,
    ],
    [
      'html-page',
      text('<!DOCTYPE html>\n<html><head>\n<title>\n  frozen.pb at main · GitHub\n</title>'),
      `the file is an HTML page ("frozen.pb at main · GitHub"), not the model
  ${htmlAdvice}`,
    ],
    [
      'html-page',
      text('<html></html>'),
      `the file is an HTML page, not the model
  ${htmlAdvice}`,
    ],
    [
      'saved-model',
      fixture('saved_model_tf1.pb'),
      `the file is the saved_model.pb of a SavedModel: the values of its variables are in the folder "variables" beside it
  Freeze it with TensorFlow (FOLDER is the one that has saved_model.pb), then import frozen.pb:
    python -m tensorflow.python.tools.freeze_graph --input_saved_model_dir=FOLDER --output_node_names=y --output_graph=frozen.pb`,
    ],
    [
      'saved-model',
      fixture('saved_model_tf2.pb'),
      `the file is the saved_model.pb of a SavedModel: the values of its variables are in the folder "variables" beside it
  Freeze it with TensorFlow (FOLDER is the one that has saved_model.pb), then import frozen.pb:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    model = tf.saved_model.load('FOLDER')
    frozen = convert_variables_to_constants_v2(model.signatures['serving_default'])
    tf.io.write_graph(frozen.graph, '.', 'frozen.pb', as_text=False)`,
    ],
    [
      'meta-graph',
      fixture('model.ckpt.meta'),
      `the file is a MetaGraph (.meta): the values of its variables are in the checkpoint beside it
  ${freezeMeta}`,
    ],
    [
      'checkpoint',
      fixture('model.ckpt.index'),
      `the file is part of a TensorFlow checkpoint, which has the values of variables but no graph
  ${freezeMeta}`,
    ],
    [
      'tflite',
      fixture('dense.tflite'),
      `the file is a TensorFlow Lite model, which has no GraphDef in it
  Import the frozen graph (.pb) that it was made from, or freeze the SavedModel or Keras model that it was made from.
  A TensorFlow Lite model cannot be turned back; it runs as it is with react-native-fast-tflite.`,
    ],
    [
      'hdf5',
      fixture('dense.h5'),
      `the file is an HDF5 file, as Keras saved models (.h5), not a frozen graph
  ${freezeKeras}
  A file with weights alone cannot be loaded so: build the model in Python and load_weights first.`,
    ],
    [
      'keras',
      fixture('dense.keras'),
      `the file is a Keras model (.keras), not a frozen graph
  ${freezeKeras}`,
    ],
    [
      'onnx',
      Uint8Array.of(8, 7, 0x3a, 4, 0x0a, 2, 0x22, 0, 0x42, 2, 0x10, 13),
      `the file is an ONNX model, not a TensorFlow graph
  Import the frozen graph (.pb) that it was made from, or freeze the TensorFlow model.
  Without the original, onnx2tf makes a SavedModel of it, which can be frozen; as it is, it runs with onnxruntime-web.`,
    ],
    [
      'pytorch',
      zipSync({ 'model/data.pkl': none }),
      `the file is a PyTorch model, not a TensorFlow graph
  Import a frozen TensorFlow graph (.pb). A PyTorch model runs in a browser as ONNX, with onnxruntime-web.`,
    ],
    [
      'zip',
      zipSync({ 'a/frozen.pb': none, 'a/labels.txt': none, 'a/1': none, 'a/2': none }),
      `the file is a zip archive with a/frozen.pb, a/labels.txt, a/1 and 1 more in it
  Unpack it and import the frozen graph (.pb) in it.`,
    ],
    [
      'tar',
      Uint8Array.from({ length: 512 }, (_, at) => text('ustar')[at - 257] ?? 0),
      `the file is a tar archive
  Unpack it (tar -xf FILE) and import the frozen graph (.pb) in it, often frozen_inference_graph.pb.`,
    ],
    [
      'tfjs-json',
      text('{"format": "graph-model", "modelTopology": {"node": []}}'),
      `the file is TensorFlow.js's model.json: it is converted already, and its weights are in files beside it
  Import the frozen graph (.pb) that it was made from, or load the model.json with tf.loadGraphModel or tf.loadLayersModel, without this plugin.`,
    ],
    [
      'not-a-graph',
      text('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'),
      `the file is no model that is known here: it begins with "<?xml version="1.0"?> <Error><Code>AccessDenied</Code></Erro"
  A frozen graph (.pb), its text form (.pbtxt), a memory-mapped package or a gzip of one of them can be imported.
  If it is to be one, the file is damaged: download or export it again.`,
    ],
    [
      'not-a-graph',
      new Uint8Array(100),
      `the file is no model that is known here: it begins with the bytes 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  A frozen graph (.pb), its text form (.pbtxt), a memory-mapped package or a gzip of one of them can be imported.
  If it is to be one, the file is damaged: download or export it again.`,
    ],
  ])('is named for what it is: %s', async (code, bytes, message) => {
    expect(await refusal(bytes)).toEqual({ code, message })
  })

  it('is named where it is cut, with the advice that fits most', async () => {
    const { message } = await refusal(fixture('saved_model_tf1.pb').subarray(0, 3000))
    expect(message).toContain("convert_variables_to_constants_v2(model.signatures['serving_default'])")
  })
})
