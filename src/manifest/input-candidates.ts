import { baseDataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { elementCount, isStatic, type Shape } from '../graph/shape.js'
import { isControl, tensorName } from '../graph/tensor-name.js'
import { outputTypes } from '../ops/op-defs.js'
import type { Choice } from './candidate.js'
import { isVariable } from './variables.js'

/**
 * What a node is to the inputs: `fed` must be fed; `given` has a default and is left alone; `source` fetches data itself,
 * which nothing in an app can do.
 */
type Role = 'fed' | 'given' | 'source'

interface Judgement {
  role: Role
  reason: string
}

const placeholderOps: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderV2', '_Arg'])

/** Ops that fetch training data: iterators, queues, readers of files. */
const sourceOps =
  /^(IteratorGetNext(Sync|AsOptional)?|MultiDeviceIteratorGetNextFromShard|Queue\w*Dequeue\w*|Reader(Read|ReadUpTo)(V2)?|ReadFile|Unstage|RecordInput)$/

/** Whether a node is where data comes into the graph, be it that it is fed or fetched. */
export function isEntrance(node: Node): boolean {
  return isFeedable(node) || sourceOps.test(node.op)
}

function isFeedable(node: Node): boolean {
  return (placeholderOps.has(node.op) && !isVariable(node)) || node.op === 'PlaceholderWithDefault'
}

/**
 * Finds the tensors that must be fed for the outputs: placeholders; those with a default only where it is no mere setting
 * (`training`, `keep_prob`: a switch or one number) and is not computed from another input.
 *
 * @param outputs the names of nodes
 */
export function chooseInputs(graph: Graph, outputs: readonly string[]): Choice {
  const judgements = new Map<Node, Judgement>()
  for (const node of graph.nodes) if (isEntrance(node)) judgements.set(node, judge(graph, node))
  const needed = graph.reachableFrom(outputs, (node) => judgements.get(node)?.role === 'fed')
  const judged = [...judgements].map(([node, { role, reason }]) => ({
    tensor: tensorName(node.name),
    taken: needed.has(node) && role !== 'given',
    reason: needed.has(node) ? reason : 'the outputs do not need it',
  }))
  const sources = [...judgements.keys()].filter((node) => needed.has(node) && judgements.get(node)!.role === 'source')
  const shown = sources.map(({ name, op }) => `"${name}" (${op})`).join(', ')
  return { judged, unclear: sources.length > 0 ? `the graph fetches data itself, with ${shown}` : undefined }
}

/** The nodes through which data comes into the graph; a setting that has a default is none. */
export function entrances(graph: Graph): Node[] {
  return graph.nodes.filter((node) => isEntrance(node) && judge(graph, node).role !== 'given')
}

function judge(graph: Graph, node: Node): Judgement {
  if (sourceOps.test(node.op))
    return { role: 'source', reason: 'fetches data itself, which an app has to feed instead' }
  if (node.op === 'PlaceholderWithDefault') return judgeDefault(graph, node)
  return { role: 'fed', reason: feeds(graph, node) }
}

function judgeDefault(graph: Graph, node: Node): Judgement {
  const upstream = graph.reachableFrom(node.inputs.filter((input) => !isControl(input)).map((input) => input.node))
  for (const other of upstream) {
    if (sourceOps.test(other.op)) return { role: 'fed', reason: `its default comes from "${other.name}" (${other.op})` }
  }
  for (const other of upstream) {
    if (isFeedable(other)) return { role: 'given', reason: `its default is computed from "${other.name}"` }
  }
  const type = baseDataType(outputTypes(node)?.[0] ?? 'invalid')
  if (type === 'bool') return { role: 'given', reason: 'a switch that has a default' }
  const shape = defaultShape(graph, node)
  if (isStatic(shape) && elementCount(shape) === 1) {
    return { role: 'given', reason: `a single ${type === 'string' ? 'text' : 'number'} that has a default` }
  }
  return { role: 'fed', reason: `${feeds(graph, node)}; it has a default` }
}

/** The shape of a constant default, otherwise what the placeholder says. */
function defaultShape(graph: Graph, node: Node): Shape {
  const constant = graph.producer(node.inputs[0])?.attrs.tensor('value')
  return constant ? constant.shape : (node.attrs.shape('shape') ?? null)
}

/** `feeds Conv2D and 2 more`: the ops that read a node. */
function feeds(graph: Graph, node: Node): string {
  const ops = [...new Set(graph.readers(node.name).map(({ op }) => op))]
  if (ops.length === 0) return 'nobody reads it'
  return `feeds ${ops.slice(0, 3).join(', ')}${ops.length > 3 ? ` and ${ops.length - 3} more` : ''}`
}
