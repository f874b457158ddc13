import { baseDataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { isControl } from '../graph/tensor-name.js'
import { outputTypes } from '../ops/op-defs.js'
import type { ShapeMap } from '../ops/shapes/infer.js'
import { controlFlowRegions } from './control-flow-regions.js'
import { entrances, isEntrance } from './input-candidates.js'
import { offeredPorts } from './output-ports.js'
import { isVariable } from './variables.js'

/**
 * What is thought of a node that nobody reads: `plain` is an output; `doubtful` may be one, and beside a plain one somebody
 * has to say; `leftover` is one only where there is nothing better; `training` serves training alone. A `head` is read, but by
 * what serves training alone.
 */
export type Standing = 'plain' | 'doubtful' | 'head' | 'leftover' | 'training'

export interface Sink {
  node: Node
  /** Its outputs that count, ascending. */
  ports: readonly number[]
  standing: Standing
  reason: string
}

/** What the rules ask about a graph. */
interface Facts {
  graph: Graph
  shapes: () => ShapeMap
  regions: ReturnType<typeof controlFlowRegions>
  /** Nodes whose value depends on what is fed. */
  fed: ReadonlySet<Node>
  /** Nodes whose value depends on labels, which only training has. */
  labelled: ReadonlySet<Node>
}

/** Ops that end a graph without being a result: constants, placeholders, savers, summaries. */
const neverOps =
  /^(Const|HostConst|ImmutableConst|_Retval|Restore|RestoreSlice|RestoreV2|ShardedFilename|ShardedFilespec|IsVariableInitialized|VarIsInitializedOp|\w*Summary(V2)?)$/

/** Ops that tell something about a tensor, or check it, for another op that is gone. */
const sideOps =
  /^(Shape|ShapeN|Size|Rank|BroadcastGradientArgs|CheckNumerics|Print|Quantize|QuantizeV2|QuantizeDownAndShrinkRange|RequantizationRange|TensorArraySizeV[23]|TensorArray(Write|Scatter|Split|Unpack)V[23])$/

const lossOps: ReadonlySet<string> = new Set([
  'SoftmaxCrossEntropyWithLogits',
  'SparseSoftmaxCrossEntropyWithLogits',
  'CTCLoss',
  'L2Loss',
  'InTopK',
  'InTopKV2',
])
const averages: ReadonlySet<string> = new Set(['Mean', 'Sum', 'AddN', 'L2Loss'])
const labelNames = /^(y_?|y_true|labels?|targets?|ground_?truth|\w+_(labels?|targets?))(_\d+)?$/i
const gradientScope = /(^|\/)gradients(_\d+)?\//
const auxiliaryScope = /^aux(iliary)?([A-Z_\d].*|logits|head)?$/i
const trainingScope = /^(train(ing)?|loss(es)?|cost|accuracy|metrics?|eval(uation)?)(_\d+)?$/i

interface Verdict {
  standing: Standing
  reason: string
}

type Rule = (sink: Node, facts: Facts) => Verdict | undefined

/** The rules, the surest first; a node that none speaks of is plain. */
const rules: readonly Rule[] = [
  (sink, { regions }) => {
    const region = regions.get(sink)
    return region && leftover(region === 'loop' ? 'it is within a loop' : 'it is within a branch of a condition')
  },
  (sink) => (sideOps.test(sink.op) ? leftover(`nobody reads it, but ${sink.op} is rarely a result`) : undefined),
  (sink) => (gradientScope.test(sink.name) ? training('nobody reads it, but it is part of a gradient') : undefined),
  (sink, facts) =>
    isLoss(sink, facts) ? training('nobody reads it, but it depends on labels, as losses do') : undefined,
  (sink, { fed }) =>
    fed.size > 0 && !fed.has(sink) ? leftover('nobody reads it, but it depends on no input') : undefined,
  (sink) => {
    const scope = scopeOf(sink, auxiliaryScope)
    return scope === undefined
      ? undefined
      : doubtful(`nobody reads it, but "${scope}" in its name says that it is an auxiliary head`)
  },
  (sink) => {
    const scope = scopeOf(sink, trainingScope)
    return scope === undefined ? undefined : doubtful(`nobody reads it, but "${scope}" in its name speaks of training`)
  },
  (sink, facts) =>
    averages.has(sink.op) && isScalar(sink, facts)
      ? doubtful('nobody reads it, but it is one number for all, as losses are')
      : undefined,
]

function training(reason: string): Verdict {
  return { standing: 'training', reason }
}

function leftover(reason: string): Verdict {
  return { standing: 'leftover', reason }
}

function doubtful(reason: string): Verdict {
  return { standing: 'doubtful', reason }
}

function scopeOf({ name }: Node, pattern: RegExp): string | undefined {
  return name.split('/').find((part) => pattern.test(part))
}

function isScalar(node: Node, { shapes }: Facts): boolean {
  return shapes().shapesOf(node)[0]?.length === 0
}

function isLoss(sink: Node, facts: Facts): boolean {
  if (!facts.labelled.has(sink)) return false
  const type = baseDataType(outputTypes(sink)?.[0] ?? 'invalid')
  return lossOps.has(sink.op) || type === 'bool' || isScalar(sink, facts)
}

/**
 * The nodes that nobody reads, each with what is thought of it, in the graph's order. Where a saver, a summary or an assertion is
 * the only reader, the node counts as a leftover: nobody else asked for it. Where there is nothing but training, what it reads.
 *
 * @param inputs the nodes that are fed where they are known, otherwise everything that can be fed
 */
export function findSinks(graph: Graph, shapes: () => ShapeMap, inputs?: readonly Node[]): Sink[] {
  const nodes = graph.nodes
  const facts: Facts = {
    graph,
    shapes,
    regions: controlFlowRegions(graph),
    fed: downstream(graph, inputs ?? entrances(graph)),
    labelled: downstream(
      graph,
      nodes.filter((node) => isEntrance(node) && labelNames.test(node.name.split('/').at(-1)!)),
    ),
  }
  const readers = readersOf(nodes)
  const sinks: Sink[] = []
  for (const node of nodes) {
    const reading = readers.get(node.name)
    const ports = reading?.isRead || isNever(node) ? [] : offeredPorts(node)
    if (ports.length > 0) sinks.push({ node, ports, ...judge(node, reading?.onlyBy, facts) })
  }
  if (sinks.some(({ standing }) => standing === 'training') && sinks.every(({ standing }) => !mayBeOutput(standing))) {
    sinks.push(...heads(nodes, facts))
  }
  return demoteLoopVariables(sinks, shapes)
}

function mayBeOutput(standing: Standing): boolean {
  return standing === 'plain' || standing === 'doubtful'
}

/** What a model computes before it is compared with labels: the results where only training reads them. */
function heads(nodes: readonly Node[], { graph, fed, labelled }: Facts): Sink[] {
  return nodes
    .filter((node) => fed.has(node) && !labelled.has(node) && !isNever(node))
    .filter((node) => graph.readers(node.name).some((reader) => labelled.has(reader)))
    .map((node) => ({
      node,
      ports: offeredPorts(node),
      standing: 'head',
      reason: 'only what depends on labels reads it',
    }))
}

function judge(node: Node, onlyBy: string | undefined, facts: Facts): Verdict {
  if (onlyBy !== undefined) return leftover(onlyBy)
  for (const rule of rules) {
    const verdict = rule(node, facts)
    if (verdict) return verdict
  }
  return { standing: 'plain', reason: `nobody reads it${behind(node, facts.graph)}` }
}

/** Whether a node has no result: it has no output, changes a variable, or writes a checkpoint or summary. */
function isEnd(node: Node): boolean {
  if (neverOps.test(node.op)) return true
  const types = outputTypes(node)
  return types?.every((type) => type.endsWith('_ref')) ?? false
}

/** Whether a node is never an output. */
function isNever(node: Node): boolean {
  return isEnd(node) || isEntrance(node) || isVariable(node)
}

interface Reading {
  /** By a node that computes with it. */
  isRead: boolean
  /** Why nobody else counts as a reader. */
  onlyBy: string | undefined
}

/** Who reads each node. A group (NoOp) waits for nodes without reading them. */
function readersOf(nodes: readonly Node[]): Map<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const node of nodes) {
    if (node.op === 'NoOp') continue
    const ends = isEnd(node)
    for (const input of node.inputs) {
      const reading = readings.get(input.node) ?? { isRead: false, onlyBy: undefined }
      readings.set(input.node, reading)
      if (isControl(input)) reading.onlyBy ??= `only "${node.name}" waits for it`
      else if (ends) reading.onlyBy ??= `only "${node.name}" (${node.op}) reads it`
      else reading.isRead = true
    }
  }
  return readings
}

/** Nodes that a set of nodes has an influence on, themselves included. */
function downstream(graph: Graph, starts: readonly Node[]): ReadonlySet<Node> {
  const reached = new Set<Node>(starts)
  const open = [...starts]
  for (let node = open.pop(); node; node = open.pop()) {
    const { name } = node
    for (const reader of graph.readers(name)) {
      if (reached.has(reader) || !reader.inputs.some((input) => input.node === name && !isControl(input))) continue
      reached.add(reader)
      open.push(reader)
    }
  }
  return reached
}

/** Of the variables of loops that nobody reads afterwards, counters are results only where there is nothing else. */
function demoteLoopVariables(sinks: readonly Sink[], shapes: () => ShapeMap): Sink[] {
  const isExit = ({ node: { op } }: Sink): boolean => op === 'Exit' || op === 'RefExit'
  const plain = sinks.filter(({ standing }) => standing === 'plain')
  if (!plain.some(isExit) || plain.length === 1) return [...sinks]
  const isCounter = ({ node }: Sink): boolean =>
    /^int(32|64)$/.test(outputTypes(node)?.[0] ?? '') && (shapes().shapesOf(node)[0]?.length ?? 0) === 0
  const others = plain.some((sink) => !isExit(sink))
  return sinks.map((sink) => {
    if (sink.standing !== 'plain' || !isExit(sink)) return sink
    if (others) return { ...sink, ...leftover('a variable of a loop that nobody reads afterwards') }
    return isCounter(sink) ? { ...sink, ...leftover('the counter of a loop') } : sink
  })
}

const passing: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'StopGradient', 'ExpandDims'])

/** `, behind Softmax` for an Identity and the like: the op that computes what they pass on. */
function behind(node: Node, graph: Graph): string {
  let source: Node | undefined = node
  for (let steps = 0; source && passing.has(source.op) && steps < 8; steps++) source = graph.producer(source.inputs[0])
  return !source || source === node || source.op === 'Const' ? '' : `, behind ${source.op}`
}
