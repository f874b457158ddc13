import { printStep, type Step } from '../../src/chain/parse.js'
import { runChain, type StepReport } from '../../src/chain/run.js'
import { encodeGraphDef, readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import type { Graph } from '../../src/graph/graph.js'
import { checkInvariants } from '../../src/graph/invariants.js'
import type { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName, printTensorName, type TensorName } from '../../src/graph/tensor-name.js'
import { outputCount } from '../../src/ops/op-defs.js'
import { farthest } from '../kernels/farthest.js'
import { answersOf, feedsFor } from './evaluate-case.js'
import type { FuzzCase } from './fuzz-case.js'

/** A chain that was run on a case. */
export interface Ran {
  readonly fuzzCase: FuzzCase
  readonly steps: readonly Step[]
  readonly inputs: readonly TensorName[]
  readonly outputs: readonly TensorName[]
  /** What came out; undefined where the chain was refused or failed. */
  readonly result: { graph: Graph; reports: readonly StepReport[] } | undefined
  readonly error: unknown
}

export function run(fuzzCase: FuzzCase, steps: readonly Step[]): Ran {
  const inputs = fuzzCase.inputs.map(parseTensorName)
  const outputs = fuzzCase.outputs.map(parseTensorName)
  const about = { fuzzCase, steps, inputs, outputs }
  try {
    const { graph, steps: reports } = runChain(readGraphDef(fuzzCase.bytes), steps, {
      inputs,
      outputs,
      readFile: readFileOf(fuzzCase),
    })
    return { ...about, result: { graph, reports }, error: undefined }
  } catch (error) {
    return { ...about, result: undefined, error }
  }
}

const readFileOf =
  ({ files }: FuzzCase) =>
  (path: string): Uint8Array =>
    new TextEncoder().encode(files?.get(path) ?? '')

/** Gives what is wrong; undefined where the property holds. */
export type Property = (ran: Ran) => string | undefined

const bytesOf = (graph: Graph): Buffer => Buffer.concat(encodeGraphDef(graph).list)

/** Whatever is wrong with a graph, the error is one that a user can read. */
const throwsOnlyOurErrors: Property = ({ error }) => {
  if (error === undefined || error instanceof GraphdefError) return undefined
  return `threw ${error instanceof Error ? error.stack : String(error)}`
}

/** A valid graph stays one: names unique, inputs resolve, no cycle. As a file it is so too. */
const keepsInvariants: Property = ({ fuzzCase, result, error, inputs, outputs }) => {
  const pinned = [...inputs, ...outputs]
  const problemOf = (bytes: Uint8Array): string | undefined => {
    try {
      checkInvariants(readGraphDef(bytes), { pinned, outputCount })
      return undefined
    } catch (caught) {
      return (caught as Error).message
    }
  }
  if (result) return problemOf(bytesOf(result.graph))
  if (!isInvalidGraph(error) || problemOf(fuzzCase.bytes) !== undefined) return undefined
  // Another op in a node's place may have other outputs.
  if (fuzzCase.changesMeaning) return undefined
  return `it was valid before: ${error.message}`
}

function isInvalidGraph(error: unknown): error is GraphdefError {
  return error instanceof GraphdefError && error.code === 'invalid-graph'
}

/** The bytes that the graph was read from are as they were, and reading and writing them changes nothing. */
const leavesTheFileAlone: Property = ({ fuzzCase, result }) => {
  const { bytes } = fuzzCase
  if (digest(bytes) !== digests.get(bytes)) return 'the bytes of the source are not what they were'
  if (!bytesOf(readGraphDef(bytes)).equals(bytes)) return 'the source is not written as it was read'
  if (!result) return undefined
  const written = bytesOf(result.graph)
  return bytesOf(readGraphDef(written)).equals(written) ? undefined : 'the result is not written as it was read'
}

const digests = new WeakMap<Uint8Array, number>()

function digest(bytes: Uint8Array): number {
  let sum = bytes.length
  for (const byte of bytes) sum = (sum * 31 + byte) | 0
  return sum
}

/** Inputs and outputs keep their names. */
const keepsPinnedNames: Property = ({ fuzzCase, result, error, inputs, outputs }) => {
  const source = readGraphDef(fuzzCase.bytes)
  const pinned = [...inputs, ...outputs].filter(({ node }) => source.has(node))
  const gone = pinned.find(({ node }) => {
    return result ? !result.graph.has(node) : isInvalidGraph(error) && error.details.what.endsWith(`"${node}" is gone`)
  })
  return gone && `"${printTensorName(gone)}" is gone`
}

/** The numbers of the report are those of the graph, and whoever reports nothing has done nothing. */
const reportsWhatItDid: Property = ({ result, fuzzCase }) => {
  if (!result) return undefined
  const names = new Set([...result.graph.nodes, ...readGraphDef(fuzzCase.bytes).nodes].map((node) => node.name))
  let size = readGraphDef(fuzzCase.bytes).size
  for (const report of result.reports) {
    if (report.ignoredError !== undefined) continue
    if (report.nodesBefore !== size) return `${report.name}: ${report.nodesBefore} nodes before, and there were ${size}`
    size = report.nodesAfter
    const counted = report.nodesBefore + report.added - report.removed
    if (counted !== size) {
      return `${report.name}: ${report.nodesBefore} + ${report.added} added - ${report.removed} removed is not ${size}`
    }
    const empty = report.skipped.find(({ node, reason }) => node === '' || reason === '')
    if (empty) return `${report.name}: a skip without node or reason`
    if (result.reports.length === 1) {
      const unknown = report.skipped.find(({ node }) => !names.has(node))
      if (unknown) return `${report.name}: skips "${unknown.node}", which never was`
    }
  }
  if (size !== result.graph.size) return `the last step reports ${size} nodes, and there are ${result.graph.size}`
  const isSilent = result.reports.every(
    ({ changed, removed, added, notes }) => changed + removed + added + notes.length === 0,
  )
  const same = bytesOf(result.graph).equals(fuzzCase.bytes)
  return isSilent && !same ? 'the graph changed, and the report says nothing' : undefined
}

/** A second run changes nothing, where the transforms say so. */
const isIdempotent: Property = ({ fuzzCase, result, steps, inputs, outputs }) => {
  if (!result || !steps.every((step) => step.transform.idempotent)) return undefined
  const once = bytesOf(result.graph)
  const again = bytesOf(runChain(readGraphDef(once), steps, { inputs, outputs, readFile: readFileOf(fuzzCase) }).graph)
  return again.equals(once) ? undefined : 'a second run changes the graph'
}

/** How far an answer may move, relative to the largest number in it; undefined where constants are compared instead. */
const tolerances = { exact: 0, rounding: 1e-4, lossy: undefined } as const

/** The outputs are what they were: to the bit, within rounding, or the constants behind them within the declared steps. */
const keepsMeaning: Property = (ran) => {
  const { result, steps, outputs, fuzzCase } = ran
  if (!result || fuzzCase.changesMeaning) return undefined
  const fidelities = steps.map((step) => step.transform.fidelity)
  if (fidelities.includes('lossy')) return keepsConstants(ran)
  const tolerance = fidelities.includes('rounding') ? tolerances.rounding : tolerances.exact
  const feeds = feedsFor(fuzzCase)
  const before = answersOf(readGraphDef(fuzzCase.bytes), feeds, outputs)
  const after = answersOf(readGraphDef(bytesOf(result.graph)), feeds, outputs)
  for (const [index, expected] of before.entries()) {
    if (!expected) continue
    const problem = apart(printTensorName(outputs[index]!), after[index], expected, tolerance)
    if (problem) return problem
  }
  return undefined
}

function apart(name: string, found: Tensor | undefined, expected: Tensor, tolerance: number): string | undefined {
  if (!found) return `"${name}" cannot be computed any more`
  if (found.dtype !== expected.dtype) return `"${name}" is ${found.dtype} and was ${expected.dtype}`
  if (String(found.shape) !== String(expected.shape)) return `"${name}" is [${found.shape}] and was [${expected.shape}]`
  const distance = farthest(found, expected)
  return distance > tolerance ? `"${name}" is ${distance} off` : undefined
}

/** The largest step, relative to a constant's range, that a lossy step of a chain may take. */
function stepOf({ transform, options }: Step): number | undefined {
  const given = options as Record<string, number>
  if (transform.name === 'round_weights') return 1 / given.num_steps!
  if (transform.name === 'quantize_graph') return 1 / 2 ** given.bitdepth!
  // The lower end of the range and each value are rounded, and both again where bytes become floats.
  if (transform.name === 'quantize_weights') return 1.5 / 255
  return undefined
}

/** Each float constant that is still there under its name is at most a step of its range off. */
function keepsConstants({ result, steps, fuzzCase }: Ran): string | undefined {
  const allowed = steps.filter((step) => step.transform.fidelity === 'lossy').map(stepOf)
  if (allowed.includes(undefined) || steps.some((step) => step.transform.fidelity === 'rounding')) return undefined
  const source = readGraphDef(fuzzCase.bytes)
  const constants = source.nodes.filter((node) => {
    return (
      node.op === 'Const' && node.attrs.type('dtype') === 'float32' && node.attrs.tensor('value')?.dtype === 'float32'
    )
  })
  const after = readGraphDef(bytesOf(result!.graph))
  for (const node of constants.filter((constant) => after.has(constant.name))) {
    const tensor = node.attrs.tensor('value')!
    const values = tensor.numbers()
    const [found] = answersOf(after, new Map(), [parseTensorName(node.name)])
    if (!found) return `the constant "${node.name}" cannot be computed any more`
    const finite = values.filter(Number.isFinite)
    const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)]
    const most = (high - low) * (allowed as number[]).reduce((sum, step) => sum + step, 0) * (1 + 1e-4) + 1e-6
    const numbers = found.numbers()
    const far = values.findIndex((value, index) => {
      return !Object.is(value, numbers[index]) && !(Math.abs(value - numbers[index]!) <= most)
    })
    if (far >= 0) return `the constant "${node.name}" has ${numbers[far]} for ${values[far]}, more than ${most} off`
  }
  return undefined
}

/** What holds of every run of every chain, by a name that says it. */
export const properties: Readonly<Record<string, Property>> = {
  'throws only errors that a user can read': throwsOnlyOurErrors,
  'gives a valid graph': keepsInvariants,
  'leaves the file alone': leavesTheFileAlone,
  'keeps the names of inputs and outputs': keepsPinnedNames,
  'reports what it did': reportsWhatItDid,
  'changes nothing the second time': isIdempotent,
  'keeps what the outputs mean': keepsMeaning,
}

/** The properties that do not hold, each with what is wrong. */
export function broken(fuzzCase: FuzzCase, steps: readonly Step[]): string[] {
  digests.set(fuzzCase.bytes, digest(fuzzCase.bytes))
  const ran = run(fuzzCase, steps)
  return Object.entries(properties).flatMap(([name, property]) => {
    const problem = property(ran)
    return problem === undefined ? [] : [`${steps.map(printStep).join(' ')} breaks "${name}": ${problem}`]
  })
}
