import { createHash } from 'node:crypto'
import { bindFeeds } from './chain/feeds.js'
import { bindInputShapes } from './chain/input-shapes.js'
import { printChain } from './chain/parse.js'
import type { Request } from './chain/request.js'
import { runChain, type StepReport } from './chain/run.js'
import { type ReadFile, sideFilesOf } from './chain/side-files.js'
import { checkTarget } from './chain/target-check.js'
import { encodeGraphDef } from './codec/graphdef.js'
import { writeMemmapped } from './codec/memmapped.js'
import { readModel } from './codec/read-model.js'
import type { Slices } from './codec/slices.js'
import { GraphdefError } from './errors.js'
import { loaded } from './graph/deferred-bytes.js'
import type { Graph } from './graph/graph.js'
import { printTensorName, type TensorName } from './graph/tensor-name.js'
import { checkFrozen, findEndpoints } from './manifest/endpoints.js'
import { describeModel } from './manifest/manifest.js'
import type { ModelManifest } from './manifest/types.js'

/** What an optimisation did: facts, for the build line and for reports. */
export interface Report {
  /** What the source was. */
  source: { kind: string; bytes: number; nodes: number }
  steps: StepReport[]
  /** The tensors that were fed and asked for, found or given. */
  inputs: string[]
  outputs: string[]
  milliseconds: number
}

/** What comes of a request: exactly what the cache stores. */
export interface Result {
  /** The file in slices, which are views of the source wherever nothing changed. */
  bytes: readonly Uint8Array[]
  manifest: ModelManifest
  report: Report
}

export interface OptimizeOptions {
  /** Milliseconds since some moment, for the report's times. */
  now?: () => number
  /** Told before each step of the chain. */
  onStep?: (name: string, index: number, count: number) => void
  /** Gives the content of a file that the chain names, such as a log or a checkpoint's index, by its path as written. */
  readFile?: ReadFile
}

/** No protobuf reader takes a message of this size or more. */
const protobufLimit = 2 ** 31

/**
 * Reads a model, binds placeholders as the request says, finds inputs and outputs where it does not name them, runs the chain
 * and writes the result.
 * Pure: the same source, request and files give the same bytes and manifest.
 *
 * @throws GraphdefError for a file that is no graph, endpoints that cannot be told, a transform that cannot be applied
 */
export async function optimize(source: Uint8Array, request: Request, options: OptimizeOptions = {}): Promise<Result> {
  const { graph, slices, inputs, outputs, report } = await transformModel(source, request, options)
  const manifest = describeModel(graph, {
    inputs,
    outputs,
    format: request.format,
    bytes: slices.length,
    sha256: digest(slices.list),
    chain: printChain(request.chain),
  })
  return { bytes: slices.list, manifest, report }
}

/** A transformed model before it is described: what is fed and asked for, and the file to write. */
export interface TransformedModel {
  graph: Graph
  inputs: readonly TensorName[]
  outputs: readonly TensorName[]
  slices: Slices
  report: Report
}

/**
 * The same without the manifest, for whom the file is enough: hashing it takes longer than stripping it.
 * @throws GraphdefError as {@link optimize}
 */
export async function transformModel(
  source: Uint8Array,
  request: Request,
  options: OptimizeOptions = {},
): Promise<TransformedModel> {
  const { now = () => performance.now() } = options
  const started = now()
  const { graph: original, kind } = await readModel(source)
  const nodes = original.size
  if (request.feeds) bindFeeds(original, request.feeds, request)
  if (request.shapes) bindInputShapes(original, request.shapes, request)
  const mayHaveVariables = sideFilesOf(request.chain).some(({ kind }) => kind === 'checkpoint')
  const { inputs, outputs } = findEndpoints(original, { ...request, mayHaveVariables })
  const ops = request.target && new Set(original.nodes.map(({ op }) => op))
  const { graph, steps } = runChain(original, request.chain, {
    inputs,
    outputs,
    now,
    onStep: (step, index) => options.onStep?.(step.transform.name, index, request.chain.length),
    readFile: options.readFile,
  })
  if (mayHaveVariables) checkFrozen(graph, outputs, inputs)
  if (request.target && ops) {
    checkTarget(graph, { target: request.target, original: ops, chain: request.chain, inputs, outputs })
  }
  return {
    graph,
    inputs,
    outputs,
    slices: write(graph, request),
    report: {
      source: { kind, bytes: source.length, nodes },
      steps,
      inputs: inputs.map(printTensorName),
      outputs: outputs.map(printTensorName),
      milliseconds: now() - started,
    },
  }
}

function write(graph: Graph, request: Request): Slices {
  if (request.format === 'memmapped') return writeMemmapped(graph)
  const slices = encodeGraphDef(graph)
  if (slices.length >= protobufLimit) {
    throw new GraphdefError('graph-too-large', {
      what: `the result has ${slices.length} bytes, and a protobuf message must stay below ${protobufLimit}`,
      remedy: 'Use &format=memmapped, or a chain that makes the weights smaller, such as quantize_weights.',
    })
  }
  return slices
}

function digest(slices: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const slice of slices) hash.update(loaded(slice))
  return hash.digest('hex')
}
