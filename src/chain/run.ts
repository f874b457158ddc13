import { encodeGraphDef } from '../codec/graphdef.js'
import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { checkInvariants } from '../graph/invariants.js'
import type { TensorName } from '../graph/tensor-name.js'
import { outputCount } from '../ops/op-defs.js'
import { type Fidelity, Reporter, type TransformContext, type TransformReport } from '../transforms/transform.js'
import { printStep, type Step } from './parse.js'
import { mainPath, noFiles, type ReadFile, sideFilesOf } from './side-files.js'

/** What one step of a chain did. */
export interface StepReport extends TransformReport {
  name: string
  /** The step as canonical text. */
  text: string
  fidelity: Fidelity
  nodesBefore: number
  nodesAfter: number
  /** Bytes of the graph as a GraphDef. */
  bytesBefore: number
  bytesAfter: number
  milliseconds: number
  /** The error that `ignore_errors=true` passed over. */
  ignoredError?: string
}

export interface RunOptions {
  inputs: readonly TensorName[]
  outputs: readonly TensorName[]
  /** Milliseconds since some moment; the one clock of a run. */
  now?: () => number
  /** Told before each step. */
  onStep?: (step: Step, index: number) => void
  /** Gives the content of a file that the chain names, by its path as written. */
  readFile?: ReadFile
}

/** The graph a chain ends with, and what each step did. */
export interface RunResult {
  graph: Graph
  steps: StepReport[]
}

/**
 * Runs a chain. The graph is edited in place; after each step its invariants are checked. A step with `ignore_errors=true`
 * that fails leaves the graph as it was before.
 * @throws GraphdefError of the step, with the transform's name
 */
export function runChain(source: Graph, steps: readonly Step[], options: RunOptions): RunResult {
  const { inputs, outputs, now = () => performance.now() } = options
  const pinned = [...inputs, ...outputs]
  const pinnedNames = new Set(pinned.map((name) => name.node))
  const reports: StepReport[] = []
  let graph = source
  let bytes = encodeGraphDef(graph).length
  for (const [index, step] of steps.entries()) {
    options.onStep?.(step, index)
    const { transform } = step
    const report = new Reporter()
    const context: TransformContext = {
      inputs,
      outputs,
      isPinned: (node) => pinnedNames.has(typeof node === 'string' ? node : node.name),
      file: options.readFile ?? noFiles,
      report,
    }
    const before = { nodes: graph.size, bytes }
    const copy = step.ignoreErrors ? graph.copy() : undefined
    let ignoredError: string | undefined
    const started = now()
    try {
      // A file that is not there is an error even where the transform would find nothing to do with it.
      for (const file of sideFilesOf([step])) context.file(mainPath(file))
      transform.run(graph, step.options, context)
      checkInvariants(graph, { pinned, outputCount })
    } catch (error) {
      if (!(error instanceof GraphdefError)) throw error
      if (!copy) throw error.at({ transform: printStep(step) })
      graph = copy
      ignoredError = error.message
    }
    const milliseconds = now() - started
    bytes = encodeGraphDef(graph).length
    const { changed, removed, added, skipped, notes } = report
    reports.push({
      name: transform.name,
      text: printStep(step),
      fidelity: transform.fidelity,
      nodesBefore: before.nodes,
      nodesAfter: graph.size,
      bytesBefore: before.bytes,
      bytesAfter: bytes,
      changed,
      removed,
      added,
      skipped,
      notes,
      milliseconds,
      ...(ignoredError === undefined ? {} : { ignoredError }),
    })
  }
  return { graph, steps: reports }
}
