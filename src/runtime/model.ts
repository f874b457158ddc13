import type { ModelManifest, TensorInfos } from '../manifest/types.js'
import { type DecodedConstant, zeros } from './constant.js'
import { ModelLoadError, type UnsupportedOp } from './errors.js'
import { feedTensors } from './feeds.js'
import { convertGraph, type GraphModelSource } from './graph-model.js'
import { tfjsDataTypeOf } from './tensor-info.js'
import type { GraphModelValue, LoadOptions, Model, TensorValue, TfLike } from './types.js'

/** Makes a model of a file's content, which has been checked. Throws a ModelLoadError; nothing is left behind then. */
export async function createModel<I extends TensorInfos, O extends TensorInfos, TF extends TfLike>(
  content: Uint8Array,
  manifest: ModelManifest<I, O>,
  { tf, warmUp }: Pick<LoadOptions<TF>, 'tf' | 'warmUp'>,
): Promise<Model<I, O, TF>> {
  if (manifest.format === 'tfjs') {
    throw new ModelLoadError('format', 'A model of format "tfjs" is loaded by tf.loadGraphModel(model.url).')
  }
  await backendReady(tf)
  const source = convertGraph(content, manifest)
  await checkOps(tf, source)
  const weights: Record<string, TensorValue> = {}
  try {
    for (const [name, decode] of source.weights) weights[name] = makeTensor(tf, decode())
    const graphModel = await loadGraph(tf, source, weights)
    const run = (feeds: Record<string, TensorValue>): Promise<Record<string, TensorValue>> =>
      runModel(tf, graphModel, manifest, new Set(Object.values(weights)), feeds)
    if (warmUp) await runOnZeros(tf, manifest.inputs, warmUp === true ? {} : warmUp, run)
    return { run, graphModel, dispose: () => graphModel.dispose() } as unknown as Model<I, O, TF>
  } catch (cause) {
    for (const tensor of Object.values(weights)) tensor.dispose()
    if (cause instanceof ModelLoadError) throw cause
    throw new ModelLoadError('backend', `TensorFlow.js can't take the model (backend ${tf.getBackend()}): ${cause}`, {
      cause,
    })
  }
}

async function runModel(
  tf: TfLike,
  graphModel: GraphModelValue,
  { inputs, outputs, api }: ModelManifest,
  weights: ReadonlySet<TensorValue>,
  feeds: Record<string, TensorValue>,
): Promise<Record<string, TensorValue>> {
  const names = Object.keys(outputs)
  const { tensors, made } = feedTensors(tf, inputs, feeds)
  try {
    const results = await graphModel[api](tensors as never, names)
    const list = Array.isArray(results) ? results : [results]
    // An output may be a weight, an input or another output as it is: the caller gets, and disposes, its own.
    const taken = new Set([...weights, ...Object.values(tensors)])
    return Object.fromEntries(
      names.map((name, index) => {
        const result = list[index]
        if (!result) throw new ModelLoadError('backend', `TensorFlow.js computes no value for the output ${name}.`)
        const tensor = taken.has(result) ? result.clone() : result
        taken.add(tensor)
        return [name, tensor]
      }),
    )
  } catch (cause) {
    // A trap in WebAssembly: the backend's memory is as the kernel left it, and every later call fails as well.
    if (!(cause instanceof Error) || cause.name !== 'RuntimeError') throw cause
    const message = `The backend ${tf.getBackend()} broke down (${cause}). Reload the page, or register it anew.`
    throw new ModelLoadError('backend', message, { cause })
  } finally {
    for (const tensor of made) tensor.dispose()
  }
}

async function runOnZeros(
  tf: TfLike,
  inputs: TensorInfos,
  shapes: Readonly<Record<string, readonly number[]>>,
  run: (feeds: Record<string, TensorValue>) => Promise<Record<string, TensorValue>>,
): Promise<void> {
  const feeds: Record<string, TensorValue> = {}
  try {
    for (const [name, { dtype, shape }] of Object.entries(inputs)) {
      const sizes = shapes[name] ?? (shape ?? []).map((size) => size ?? 1)
      feeds[name] = makeTensor(tf, zeros(tfjsDataTypeOf(dtype), [...sizes]))
    }
    const results = Object.values(await run(feeds))
    for (const tensor of results) await tensor.data()
    for (const tensor of results) tensor.dispose()
  } finally {
    for (const tensor of Object.values(feeds)) tensor.dispose()
  }
}

async function backendReady(tf: TfLike): Promise<void> {
  let cause: unknown
  await tf.ready().catch((error: unknown) => {
    cause = error
  })
  if (!tf.getBackend() || cause) {
    throw new ModelLoadError(
      'backend',
      'TensorFlow.js has no backend. Import one (@tensorflow/tfjs-backend-wasm, -webgl, -cpu) and await tf.setBackend().',
      { cause },
    )
  }
}

/** Has TensorFlow.js itself say which ops it knows (those that the app registered with it): no list of ours can age. */
async function checkOps(tf: TfLike, { nodesByOp, misread }: GraphModelSource): Promise<void> {
  const ops = [...nodesByOp.keys()]
  const probe = await loadGraph(tf, {
    modelTopology: { node: ops.map((op) => ({ name: op, op })), versions: { producer: 0, minConsumer: 0 } },
    signature: {},
  })
  // Not public; where a version has it elsewhere, an unknown op shows when the graph runs.
  const nodes = (probe as { executor?: { graph?: { nodes?: Record<string, { category?: string }> } } }).executor?.graph
    ?.nodes
  probe.dispose()
  if (!nodes) return
  const unsupported: UnsupportedOp[] = ops
    .filter((op) => !nodes[op]?.category)
    .map((op) => ({ op, nodes: nodesByOp.get(op)! }))
  unsupported.push(...misread.filter(({ op }) => nodes[op]?.category !== 'custom'))
  if (unsupported.length === 0) return
  const lines = unsupported.map(
    ({ op, nodes, reason }) => `\n  ${op}${reason ? ` (${reason})` : ''}: ${nodes.join(', ')}`,
  )
  throw new ModelLoadError('unsupported-op', `TensorFlow.js can't run these ops of the model:${lines.join('')}`, {
    details: unsupported,
  })
}

function loadGraph(
  tf: TfLike,
  { modelTopology, signature }: Pick<GraphModelSource, 'modelTopology' | 'signature'>,
  weights: Record<string, TensorValue> = {},
): Promise<GraphModelValue> {
  const artifacts = { format: 'graph-model', modelTopology, signature, weightSpecs: [], weightData: new ArrayBuffer(0) }
  const handler = { load: async () => artifacts }
  return tf.loadGraphModel(handler as never, {}, { ...tf.io, decodeWeights: () => weights } as never)
}

function makeTensor(tf: TfLike, { dtype, shape, values }: DecodedConstant): TensorValue {
  if (dtype !== 'complex64') return tf.tensor(values, shape, dtype)
  const pairs = values as Float32Array
  const parts = [0, 1].map((part) => {
    const numbers = Float32Array.from({ length: pairs.length / 2 }, (_, index) => pairs[2 * index + part]!)
    return tf.tensor(numbers, shape, 'float32')
  })
  const tensor = tf.complex(parts[0] as never, parts[1] as never)
  for (const part of parts) part.dispose()
  return tensor
}
