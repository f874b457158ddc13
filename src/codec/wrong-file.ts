import { type ErrorCode, GraphdefError } from '../errors.js'
import { kerasAdvice, metaGraphAdvice, savedModelAdvice } from './freeze-advice.js'
import { type FileKind, zipEntries } from './sniff.js'

/** The kinds of file that are read. */
export type ModelKind = 'graphdef' | 'pbtxt' | 'memmapped'
export type WrongKind = Exclude<FileKind, ModelKind | 'gzip'>

interface Refusal {
  code: ErrorCode
  what(bytes: Uint8Array): string
  remedy(bytes: Uint8Array): string
}

const importOriginal = 'Import the frozen graph (.pb) that it was made from'

/** What is said about each kind of file that is not a graph: what it is, and the way out. */
const refusals: Record<WrongKind, Refusal> = {
  empty: {
    code: 'empty-file',
    what: () => 'the file is empty',
    remedy: () => 'Download or copy the model again.',
  },
  'git-lfs-pointer': {
    code: 'git-lfs-pointer',
    what: (bytes) => `the file is a Git LFS pointer, not the model${lfsSize(bytes)}`,
    remedy: () =>
      'Fetch the model: git lfs install && git lfs pull\nIn CI, check out with LFS (actions/checkout: lfs: true).',
  },
  'html-page': {
    code: 'html-page',
    what: (bytes) => `the file is an HTML page${pageTitle(bytes)}, not the model`,
    remedy: () =>
      'Download the file itself: on GitHub and Hugging Face behind the "raw" or "download" link. A page also comes in place of\n' +
      'a file that is not there, that needs a login, or whose download must be confirmed (Google Drive).',
  },
  'saved-model': {
    code: 'saved-model',
    what: () =>
      'the file is the saved_model.pb of a SavedModel: the values of its variables are in the folder "variables" beside it',
    remedy: savedModelAdvice,
  },
  'meta-graph': {
    code: 'meta-graph',
    what: () => 'the file is a MetaGraph (.meta): the values of its variables are in the checkpoint beside it',
    remedy: metaGraphAdvice,
  },
  checkpoint: {
    code: 'checkpoint',
    what: () => 'the file is part of a TensorFlow checkpoint, which has the values of variables but no graph',
    remedy: () => metaGraphAdvice(),
  },
  tflite: {
    code: 'tflite',
    what: () => 'the file is a TensorFlow Lite model, which has no GraphDef in it',
    remedy: () =>
      `${importOriginal}, or freeze the SavedModel or Keras model that it was made from.\nA TensorFlow Lite model cannot be turned back; it runs as it is with react-native-fast-tflite.`,
  },
  onnx: {
    code: 'onnx',
    what: () => 'the file is an ONNX model, not a TensorFlow graph',
    remedy: () =>
      `${importOriginal}, or freeze the TensorFlow model.\nWithout the original, onnx2tf makes a SavedModel of it, which can be frozen; as it is, it runs with onnxruntime-web.`,
  },
  hdf5: {
    code: 'hdf5',
    what: () => 'the file is an HDF5 file, as Keras saved models (.h5), not a frozen graph',
    remedy: () =>
      `${kerasAdvice}\nA file with weights alone cannot be loaded so: build the model in Python and load_weights first.`,
  },
  keras: {
    code: 'keras',
    what: () => 'the file is a Keras model (.keras), not a frozen graph',
    remedy: () => kerasAdvice,
  },
  pytorch: {
    code: 'pytorch',
    what: () => 'the file is a PyTorch model, not a TensorFlow graph',
    remedy: () =>
      'Import a frozen TensorFlow graph (.pb). A PyTorch model runs in a browser as ONNX, with onnxruntime-web.',
  },
  zip: {
    code: 'zip',
    what: (bytes) => `the file is a zip archive${entryList(zipEntries(bytes))}`,
    remedy: () => 'Unpack it and import the frozen graph (.pb) in it.',
  },
  tar: {
    code: 'tar',
    what: () => 'the file is a tar archive',
    remedy: () => 'Unpack it (tar -xf FILE) and import the frozen graph (.pb) in it, often frozen_inference_graph.pb.',
  },
  'tfjs-json': {
    code: 'tfjs-json',
    what: () =>
      "the file is TensorFlow.js's model.json: it is converted already, and its weights are in files beside it",
    remedy: () =>
      `${importOriginal}, or load the model.json with tf.loadGraphModel or tf.loadLayersModel, without this plugin.`,
  },
  unknown: {
    code: 'not-a-graph',
    what: (bytes) => `the file is no model that is known here: it begins with ${beginning(bytes)}`,
    remedy: () =>
      'A frozen graph (.pb), its text form (.pbtxt), a memory-mapped package or a gzip of one of them can be imported.\n' +
      'If it is to be one, the file is damaged: download or export it again.',
  },
}

/** The error for a file that is not a graph: what it is, and how to come to one. */
export function wrongFile(kind: WrongKind, bytes: Uint8Array): GraphdefError {
  const { code, what, remedy } = refusals[kind]
  return new GraphdefError(code, { what: what(bytes), remedy: remedy(bytes) })
}

function textOf(bytes: Uint8Array, length: number): string {
  return new TextDecoder().decode(bytes.subarray(0, length))
}

function lfsSize(bytes: Uint8Array): string {
  const size = /^size (\d+)$/m.exec(textOf(bytes, 1024))?.[1]
  return size === undefined ? '' : `, which has ${size} bytes`
}

function pageTitle(bytes: Uint8Array): string {
  const title = /<title[^>]*>([^<]{1,200})<\/title>/i.exec(textOf(bytes, 16_384))?.[1]
  return title ? ` ("${title.replace(/\s+/g, ' ').trim()}")` : ''
}

function entryList(names: readonly string[]): string {
  if (names.length === 0) return ''
  return ` with ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} in it`
}

/** The first characters of what looks like text, otherwise the first bytes. */
function beginning(bytes: Uint8Array): string {
  const text = textOf(bytes, 60)
    .replace(/\s+/g, ' ')
    .replace(/\ufffd$/, '')
    .trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what text does not have
  if (text && !/[\x00-\x1f\x7f\ufffd]/.test(text)) return `"${text}"`
  const hex = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `the bytes ${hex.join(' ')}`
}
