import { FunctionLibrary } from '../codec/function-library.js'
import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { isControl, type TensorName } from '../graph/tensor-name.js'
import { isTfjs, lackOf, type Target } from '../ops/targets.js'
import { parseChain, type Step } from './parse.js'
import { runChain } from './run.js'

/** An op of a graph that its target cannot run. */
export interface UnsupportedOp {
  op: string
  /** Why, where the target has the op but not like this. */
  reason?: string
  /** The nodes, those of functions as `function/node`. */
  nodes: string[]
  /** Who reads the first of them: where in the model it sits. */
  readers: string[]
}

export interface Endpoints {
  inputs: readonly TensorName[]
  outputs: readonly TensorName[]
}

/** What of a graph its target cannot run, by op; empty where it runs. */
export function findUnsupportedOps(graph: Graph, target: Target, { inputs, outputs }: Endpoints): UnsupportedOp[] {
  const found = new Map<string, UnsupportedOp>()
  const fed = new Set(inputs.map(({ node }) => node))
  const add = (node: Node, name: string, readers: string[]): void => {
    const lack = lackOf(target, node)
    if (!lack) return
    const key = `${node.op}\0${lack.reason ?? ''}`
    const entry = found.get(key)
    if (entry) entry.nodes.push(name)
    else found.set(key, { op: node.op, ...lack, nodes: [name], readers })
  }
  const called = new Set<string>()
  for (const node of isTfjs(target) ? neededByData(graph, outputs, fed) : graph.nodes) {
    collectCalls(node, called)
    if (fed.has(node.name) || (isTfjs(target) && becomesWeight(graph, node))) continue
    add(
      node,
      node.name,
      graph.readers(node.name).map(({ name }) => name),
    )
  }
  const library = new FunctionLibrary(graph.envelope)
  for (const name of called) {
    for (const node of library.get(name)?.nodes ?? []) {
      collectCalls(node, called)
      add(node, `${name}/${node.name}`, [])
    }
  }
  return [...found.values()].sort((a, b) => (a.op < b.op ? -1 : 1))
}

/** Functions that a node's attributes name. */
function collectCalls({ attrs }: Node, called: Set<string>): void {
  for (const name of attrs.names()) {
    const value = attrs.get(name)
    if (value?.kind === 'func') called.add(value.value.name)
    else if (value?.kind === 'list') for (const { name: callee } of value.value.func ?? []) called.add(callee)
  }
}

/** TensorFlow.js runs what the outputs need; control inputs it leaves out. */
function neededByData(graph: Graph, outputs: readonly TensorName[], fed: ReadonlySet<string>): Node[] {
  const needed = new Set<Node>()
  const open = outputs.map(({ node }) => node)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = graph.get(name)
    if (!node || needed.has(node)) continue
    needed.add(node)
    if (fed.has(name)) continue
    for (const input of node.inputs) if (!isControl(input)) open.push(input.node)
  }
  return graph.nodes.filter((node) => needed.has(node))
}

/** A Dequantize of constants, which the runtime gives TensorFlow.js as a weight. */
function becomesWeight(graph: Graph, node: Node): boolean {
  if (node.op !== 'Dequantize') return false
  if ((node.attrs.int('axis') ?? -1) !== -1 || (node.attrs.type('dtype') ?? 'float32') !== 'float32') return false
  return node.dataInputs.every((input) => {
    let source = graph.producer(input)
    while (source?.op === 'Identity') source = graph.producer(source.dataInputs[0])
    return source !== undefined && /^(Const|HostConst|ImmutableConst)$/.test(source.op)
  })
}

/** What of a chain is looked at to say where an op comes from and what takes it out. */
export interface TargetCheck extends Endpoints {
  target: Target
  /** The graph before the chain, and the chain. */
  original: ReadonlySet<string>
  chain: readonly Step[]
}

/**
 * Holds the end of a chain against its target.
 * @throws GraphdefError `unsupported-op`: each op, where it sits and what would take it out
 */
export function checkTarget(graph: Graph, { target, original, chain, ...endpoints }: TargetCheck): void {
  const unsupported = findUnsupportedOps(graph, target, endpoints)
  if (unsupported.length === 0) return
  const remedies = unsupported.map(
    (found) => `${found.op}: ${remedyFor(found, graph, target, { original, chain, ...endpoints })}`,
  )
  throw new GraphdefError('unsupported-op', {
    what: [
      `${target} cannot run ${unsupported.length === 1 ? 'an op' : `${unsupported.length} ops`} of the model`,
      ...unsupported.map(unsupportedText),
    ].join('\n'),
    node: unsupported[0]!.nodes[0],
    remedy: remedies.join('\n'),
  })
}

/** `DecodeJpeg: at "jpeg" (read by Cast) and 2 more`. */
export function unsupportedText({ op, reason, nodes, readers }: UnsupportedOp): string {
  const [first, ...rest] = nodes
  const by = readers.length > 0 ? `, read by "${readers[0]}"` : ''
  const more = rest.length > 0 ? `, and at ${rest.length} more` : ''
  return `  ${op}${reason ? ` (${reason})` : ''}: at "${first}"${by}${more}`
}

/** Ops that pass their first input on, which remove_nodes may take out. */
const passesOn: ReadonlySet<string> = new Set([
  'CheckNumerics',
  'DebugIdentity',
  'Identity',
  'PlaceholderWithDefault',
  'PreventGradient',
  'Print',
  'Snapshot',
  'StopGradient',
])

/** Transforms that take ops out of a graph, in the order they are thought of. */
const candidates: readonly string[] = [
  'strip_unused_nodes',
  'remove_training_nodes',
  'remove_dropout',
  'resolve_conditionals',
  'fold_constants(ignore_errors=true)',
  'inline_partitionedcall',
  'fold_batch_norms',
  'fold_old_batch_norms',
  'flatten_atrous_conv',
  'backport_concatv2',
  'backport_tensor_array_v3',
]

/** The steps that write ops of their own, by a word of what they make. */
const makers: readonly [RegExp, RegExp][] = [
  [/^Fused.*Conv2D$/, /^(fuse_|inference)/],
  [/^(Quantize|Requantiz|Dequantize)/, /^quantize_/],
  [/^ImmutableConst$/, /memmapped/],
]

function remedyFor(
  { op, nodes, reason }: UnsupportedOp,
  graph: Graph,
  target: Target,
  { original, chain, inputs, outputs }: Omit<TargetCheck, 'target'>,
): string {
  const maker = makers.find(([made]) => made.test(op))?.[1]
  const steps = chain.filter(({ transform }) => maker?.test(transform.name)).map(({ transform }) => transform.name)
  if (steps.length > 0 && !original.has(op))
    return `${[...new Set(steps)].join(' and ')} made it: take that out of the chain.`
  const before = findUnsupportedOps(graph, target, { inputs, outputs }).length
  for (const text of passesOn.has(op) ? [`remove_nodes(op=${op})`, ...candidates] : candidates) {
    if (removes(text, { op, reason, before }, graph, target, { inputs, outputs }))
      return `${text} in the chain removes it.`
  }
  const reader = graph.readers(nodes[0]!)[0]
  if (reader) {
    return `cut the graph behind it with inputs=${reader.name}, where the app can compute what goes in there; or export the model without it.`
  }
  return 'export the model without it.'
}

/** Whether a transform takes the op out, and leaves the graph no worse off. Tried on a copy. */
function removes(
  text: string,
  { op, reason, before }: { op: string; reason: string | undefined; before: number },
  graph: Graph,
  target: Target,
  endpoints: Endpoints,
): boolean {
  try {
    const { graph: after } = runChain(graph.copy(), parseChain(`${text} strip_unused_nodes`), endpoints)
    const left = findUnsupportedOps(after, target, endpoints)
    return left.length < before && !left.some((other) => other.op === op && other.reason === reason)
  } catch (error) {
    if (error instanceof GraphdefError) return false
    throw error
  }
}
