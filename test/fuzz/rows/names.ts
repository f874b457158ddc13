import type { Graph } from '../../../src/graph/graph.js'
import type { Node } from '../../../src/graph/node.js'
import { isControl } from '../../../src/graph/tensor-name.js'
import { controlsOf, dataOf } from '../differences.js'
import { around } from './component.js'
import { bothGraphs, isPinned, onlyTheyFail, type Row, type Rows, type Situation, skips } from './row.js'

export const renameAttribute: Rows = {
  'name-taken': ({ kind, node }, situation) => kind === 'attr' && skips(situation, /it has an attribute/, node),
}

export const renameOp: Rows = {
  'outputs-differ': ({ kind }, { ours, theirs }) =>
    kind === 'outcome' &&
    theirs.kind === 'graph' &&
    ours.kind === 'refused' &&
    /and \w+ has \d outputs?/.test(ours.text),
}

/** Our node under the old name, the tool's under the new one. */
const staysPinned: Row = (difference, situation) => {
  const { kind, node, ours, theirs } = difference
  const names = /old_node_name=([^,]*), new_node_name=([^)]*)/.exec(situation.fuzzCase.chain)!
  const [from, to] = [names[1]!.replaceAll('"', ''), names[2]!.replaceAll('"', '')]
  if (!isPinned(from, situation) || !skips(situation, /input or output/, from)) return false
  if (kind === 'only ours') return node === from
  if (kind === 'only theirs') return node === to
  const rename = (text: string): string =>
    text.replaceAll(new RegExp(`(^|[ ^])${escaped(to)}(?=$|[,:])`, 'g'), `$1${from}`)
  if (kind === 'inputs') return dataOf(ours!) === rename(dataOf(theirs!))
  return kind === 'control inputs' && controlsOf(ours!) === sorted(rename(controlsOf(theirs!)))
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
const sorted = (text: string): string => text.split(', ').sort().join(', ')

export const renameNode: Rows = {
  'input-and-output': staysPinned,
}

/** What the nodes around a difference are, without their names: the tool may keep another of two twins. */
export const isOtherTwin: Row = ({ kind, ours, theirs, node }, situation) => {
  const graphs = bothGraphs(situation)
  if (!graphs) return false
  const kept = new Map<string, string>()
  for (const graph of [graphs.ours, graphs.theirs])
    for (const each of graph.nodes) kept.set(each.name, meaningOf(each, graph))
  if (kind === 'only ours') return hasTwin(ours!, graphs.ours, graphs.theirs)
  if (kind === 'only theirs') return hasTwin(theirs!, graphs.theirs, graphs.ours)
  if (kind !== 'inputs' && kind !== 'control inputs') return false
  return meaningOf(ours!, graphs.ours) === meaningOf(theirs!, graphs.theirs) && node !== ''
}

function hasTwin(node: Node, graph: Graph, other: Graph): boolean {
  const meaning = meaningOf(node, graph)
  return other.nodes.some((twin) => !graph.has(twin.name) && meaningOf(twin, other) === meaning)
}

/** A node and all that it reads as text, pinned names aside without names. */
function meaningOf(node: Node, graph: Graph): string {
  let known = meanings.get(graph)
  if (!known) meanings.set(graph, (known = new Map()))
  const text = known.get(node)
  if (text !== undefined) return text
  known.set(node, 'loop')
  const data = node.dataInputs.map((input) => `${input.port}:${meaningOf(graph.producer(input)!, graph)}`)
  const read = new Set(node.dataInputs.map((input) => input.node))
  const controls = node.inputs.filter((input) => isControl(input) && !read.has(input.node))
  const waits = [...new Set(controls.map((input) => meaningOf(graph.get(input.node)!, graph)))].sort()
  const attrs = node.attrs
    .names()
    .sort()
    .map((name) => `${name}=${printed(node, name)}`)
  const name = node.op === 'Placeholder' ? node.name : ''
  const meaning = `${name}${node.op}@${node.device}[${attrs}](${data}|${waits})`
  known.set(node, meaning)
  return meaning
}

const meanings = new WeakMap<Graph, Map<Node, string>>()

function printed(node: Node, name: string): string {
  const tensor = node.attrs.tensor(name)
  if (tensor) return `${tensor.dtype}${tensor.shape}${tensor.numbers()}`
  return JSON.stringify(node.attrs.get(name), (_, part) => (typeof part === 'bigint' ? String(part) : part))
}

const turnsOneSide = (node: Node): boolean => node.attrs.bool('transpose_a') !== node.attrs.bool('transpose_b')

/** Two equal tensors of which one is stored as a list, or as a list that is cut short. */
const isStoredAsList = (node: Node, { source }: Situation): boolean => {
  const kind = node.attrs.tensor('value')?.storage.kind
  const meaning = meaningOf(node, source)
  return source.nodes.some(
    (other) => other !== node && other.op === node.op && kind !== undefined && meaningOf(other, source) === meaning,
  )
}

export const mergeDuplicateNodes: Rows = {
  'control-inputs': ({ kind, ours, theirs }, situation) => {
    const graphs = bothGraphs(situation)
    return (
      kind === 'control inputs' &&
      graphs !== undefined &&
      meaningOf(ours!, graphs.ours) === meaningOf(theirs!, graphs.theirs)
    )
  },
  order: isOtherTwin,
  'attributes-by-name': around((node) => node.op === 'MatMul' && turnsOneSide(node)),
  placeholders: around((node) => node.op.startsWith('Placeholder')),
  'stored-forms': around(isStoredAsList),
}

export const insertLogging: Rows = {
  'control-readers': around(({ name }, { source }) => {
    const edges = source.edgesFrom(name)
    return edges.some(({ input }) => isControl(input)) && edges.every(({ input }) => isControl(input))
  }),
  switch: around((node, situation) => skips(situation, /only one is computed at a time/, node.name)),
  'unused-output': around((node, { source }) => unused(node, source)),
  'later-port-read': around(({ name }, { source }) => {
    const ports = source.edgesFrom(name).map(({ input }) => input.port)
    return ports.some((port) => port > 0) && !ports.includes(0)
  }),
}

function unused({ name, op }: Node, source: Graph): boolean {
  const ports = new Set(source.edgesFrom(name).map(({ input }) => input.port))
  return ['Split', 'IdentityN', 'Switch', 'Merge'].includes(op) && !(ports.has(0) && ports.has(1))
}

export const backportConcatV2: Rows = {
  'control-inputs': (difference, situation) => {
    const { kind, ours, theirs } = difference
    if (onlyTheyFail(difference, situation)) return true
    if (kind !== 'inputs' && kind !== 'control inputs') return false
    return ours!.op === 'Concat' && ours!.controlInputs.length > 0 && theirs!.op === 'Concat'
  },
  'int64-axis': around(
    (node, { source }) =>
      node.op === 'ConcatV2' && source.producer(node.dataInputs.at(-1))?.attrs.type('dtype') === 'int64',
  ),
}
