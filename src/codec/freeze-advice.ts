import { WireReader } from './wire-reader.js'
import { bytesType, entryField } from './wire-types.js'

/** Field numbers of SavedModel (tensorflow/core/protobuf/saved_model.proto). */
const savedModelField = { metaGraphs: 2 } as const
/** Field numbers of MetaGraphDef, SignatureDef and TensorInfo (tensorflow/core/protobuf/meta_graph.proto). */
const metaGraphField = { signature: 5, objectGraph: 7 } as const
const signatureField = { outputs: 2 } as const
const tensorInfoField = { name: 1 } as const

const freezeGraph = 'python -m tensorflow.python.tools.freeze_graph'

/** Where the names of output nodes are not known. */
const unknownNodes = 'OUTPUT_NODES'

interface Signature {
  name: string
  /** The nodes of its outputs, sorted. */
  outputNodes: string[]
}

/** How to freeze the SavedModel that has this saved_model.pb, or this text form of one. */
export function savedModelAdvice(bytes: Uint8Array): string {
  const metaGraph = readable(() => first(bytes, savedModelField.metaGraphs))
  const signature = metaGraph && readable(() => mainSignature(metaGraph))
  if (metaGraph && !readable(() => first(metaGraph, metaGraphField.objectGraph))) {
    return [
      'Freeze it with TensorFlow (FOLDER is the one that has saved_model.pb), then import frozen.pb:',
      `  ${freezeGraph} --input_saved_model_dir=FOLDER --output_node_names=${nodeList(signature)} --output_graph=frozen.pb`,
    ].join('\n')
  }
  return [
    'Freeze it with TensorFlow (FOLDER is the one that has saved_model.pb), then import frozen.pb:',
    '  import tensorflow as tf',
    '  from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2',
    "  model = tf.saved_model.load('FOLDER')",
    `  frozen = convert_variables_to_constants_v2(model.signatures['${signature?.name ?? 'serving_default'}'])`,
    "  tf.io.write_graph(frozen.graph, '.', 'frozen.pb', as_text=False)",
  ].join('\n')
}

/** How to freeze a MetaGraph, or the one that belongs to a checkpoint. */
export function metaGraphAdvice(bytes?: Uint8Array): string {
  const signature = bytes && readable(() => mainSignature(bytes))
  return [
    'Freeze it with TensorFlow (CHECKPOINT is the name of the checkpoint without .meta or .index), then import frozen.pb:',
    `  ${freezeGraph} --input_meta_graph=CHECKPOINT.meta --input_checkpoint=CHECKPOINT --input_binary=true --output_node_names=${nodeList(signature)} --output_graph=frozen.pb`,
  ].join('\n')
}

/** How to freeze a graph that has variables. */
export function graphAdvice(outputNodes: readonly string[]): string {
  const nodes = outputNodes.length > 0 ? outputNodes.join(',') : unknownNodes
  return [
    'Freeze it with TensorFlow (CHECKPOINT is where the weights were saved), then import frozen.pb:',
    `  ${freezeGraph} --input_graph=GRAPH.pb --input_binary=true --input_checkpoint=CHECKPOINT --output_node_names=${nodes} --output_graph=frozen.pb`,
    'In a TensorFlow 1 session: tf.compat.v1.graph_util.convert_variables_to_constants(session, graph_def, [output nodes]).',
  ].join('\n')
}

/** How to make a frozen graph of a Keras model. */
export const kerasAdvice: string = [
  'Freeze it with TensorFlow, then import frozen.pb:',
  '  import tensorflow as tf',
  '  from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2',
  "  model = tf.keras.models.load_model('MODEL')",
  '  inputs = [tf.TensorSpec(t.shape, t.dtype, name=t.name) for t in model.inputs]',
  '  frozen = convert_variables_to_constants_v2(tf.function(model).get_concrete_function(inputs))',
  "  tf.io.write_graph(frozen.graph, '.', 'frozen.pb', as_text=False)",
].join('\n')

function nodeList(signature: Signature | undefined): string {
  return signature?.outputNodes.join(',') || unknownNodes
}

/** The signature that serves, or the first that is not TensorFlow's own. */
function mainSignature(metaGraph: Uint8Array): Signature | undefined {
  const signatures: Signature[] = []
  for (const entry of messages(metaGraph, metaGraphField.signature)) {
    const name = textOf(entry, entryField.key)
    const definition = first(entry, entryField.value)
    if (!definition || name.startsWith('__')) continue
    const outputs = [...messages(definition, signatureField.outputs)].map((output) => {
      const info = first(output, entryField.value)
      return info ? textOf(info, tensorInfoField.name).replace(/:\d+$/, '') : ''
    })
    signatures.push({ name, outputNodes: [...new Set(outputs.filter(Boolean))].sort() })
  }
  return signatures.find(({ name }) => name === 'serving_default') ?? signatures[0]
}

function textOf(message: Uint8Array, number: number): string {
  return new TextDecoder().decode(first(message, number))
}

function first(message: Uint8Array, number: number): Uint8Array | undefined {
  for (const found of messages(message, number)) return found
  return undefined
}

function* messages(message: Uint8Array, number: number): Iterable<Uint8Array> {
  const reader = new WireReader(message)
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === number && (tag & 7) === bytesType) yield reader.view()
    else reader.skip(tag & 7)
  }
}

/** Advice is given for files that are cut or damaged too, then without what cannot be read. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
