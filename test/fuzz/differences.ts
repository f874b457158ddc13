import type { AttrValue } from '../../src/graph/attr.js'
import { Graph } from '../../src/graph/graph.js'
import type { Node } from '../../src/graph/node.js'
import type { Tensor } from '../../src/graph/tensor.js'
import { isControl, printTensorName } from '../../src/graph/tensor-name.js'
import { farthest } from '../kernels/farthest.js'
import type { Outcome } from './tool.js'

/** One thing in which our result differs from the tool's. */
export interface Difference {
  /** `outcome` where one of the two gave no graph; `order` where the same nodes stand in another order. */
  readonly kind:
    | 'outcome'
    | 'only ours'
    | 'only theirs'
    | 'op'
    | 'inputs'
    | 'control inputs'
    | 'device'
    | 'attr'
    | 'order'
  /** The node, where it is about one. */
  readonly node: string
  /** Both sides, for people. */
  readonly text: string
  readonly ours: Node | undefined
  readonly theirs: Node | undefined
  /** The attribute, where it is about one. */
  readonly attr?: string
}

/** How far folded numbers may be apart: TensorFlow's Rsqrt and the like depend on the processor. */
const tolerance = 1e-5

/** Everything in which the two outcomes differ: nodes by name, inputs, attributes, tensors by their elements. */
export function differences(ours: Outcome, theirs: Outcome): Difference[] {
  if (ours.kind !== 'graph' || theirs.kind !== 'graph') {
    if (ours.kind === theirs.kind) return []
    const text = `ours ${describe(ours)}, the tool ${describe(theirs)}`
    return [{ kind: 'outcome', node: '', text, ours: undefined, theirs: undefined }]
  }
  const found: Difference[] = []
  for (const node of theirs.graph.nodes) {
    if (!ours.graph.has(node.name)) {
      found.push({ kind: 'only theirs', node: node.name, text: node.op, ours: undefined, theirs: node })
    }
  }
  for (const node of ours.graph.nodes) {
    const other = theirs.graph.get(node.name)
    if (!other) found.push({ kind: 'only ours', node: node.name, text: node.op, ours: node, theirs: undefined })
    else found.push(...between(node, other))
  }
  if (found.length === 0 && names(ours.graph) !== names(theirs.graph)) {
    const text = `ours ${names(ours.graph)}, theirs ${names(theirs.graph)}`
    found.push({ kind: 'order', node: '', text, ours: undefined, theirs: undefined })
  }
  return found
}

const folded = /\/_(\d+)__cf__\d+$/

const foldedNames = (graph: Graph): string[] => {
  return graph.nodes
    .map((node) => node.name)
    .filter((name) => folded.test(name))
    .sort()
}

/**
 * Folded constants are numbered through a graph, so that one more changes the names of all. Where not the same are folded, they
 * are named by the node they come from.
 */
export function withComparableNames(ours: Outcome, theirs: Outcome): [ours: Outcome, theirs: Outcome] {
  if (ours.kind !== 'graph' || theirs.kind !== 'graph') return [ours, theirs]
  if (foldedNames(ours.graph).join() === foldedNames(theirs.graph).join()) return [ours, theirs]
  return [
    { kind: 'graph', graph: withPlainNumbers(ours.graph) },
    { kind: 'graph', graph: withPlainNumbers(theirs.graph) },
  ]
}

function withPlainNumbers(graph: Graph): Graph {
  const names = new Map<string, string>()
  const numberOf = (name: string): number => Number(folded.exec(name)![1])
  for (const name of foldedNames(graph).sort((a, b) => numberOf(a) - numberOf(b))) {
    const origin = name.replace(folded, '')
    let count = 0
    while ([...names.values()].includes(`${origin}/folded${count}`)) count++
    names.set(name, `${origin}/folded${count}`)
  }
  const nodes = graph.nodes.map((node) => {
    const renamed = node.renamed(names.get(node.name) ?? node.name)
    renamed.replaceInputs(node.inputs.map((input) => ({ ...input, node: names.get(input.node) ?? input.node })))
    return renamed
  })
  return new Graph(nodes)
}

function describe(outcome: Outcome): string {
  return outcome.kind === 'graph' ? 'gave a graph' : `${outcome.kind}: ${outcome.text}`
}

function names(graph: Graph): string {
  return graph.nodes.map((node) => node.name).join(' ')
}

function between(ours: Node, theirs: Node): Difference[] {
  const found: Difference[] = []
  const add = (kind: Difference['kind'], a: unknown, b: unknown, attr?: string): void => {
    const text = `${attr === undefined ? '' : `${attr}: `}ours ${a}, theirs ${b}`
    found.push({ kind, node: ours.name, text, ours, theirs, ...(attr === undefined ? {} : { attr }) })
  }
  const compare = (kind: Difference['kind'], a: string, b: string): void => {
    if (a !== b) add(kind, JSON.stringify(a), JSON.stringify(b))
  }
  compare('op', ours.op, theirs.op)
  compare('device', ours.device, theirs.device)
  compare('inputs', dataOf(ours), dataOf(theirs))
  compare('control inputs', controlsOf(ours), controlsOf(theirs))
  for (const attr of new Set([...ours.attrs.names(), ...theirs.attrs.names()])) {
    const [a, b] = [ours.attrs.get(attr), theirs.attrs.get(attr)]
    if (!a || !b || !sameValue(a, b)) add('attr', printed(a), printed(b), attr)
  }
  return found
}

export const dataOf = (node: Node): string => node.dataInputs.map(printTensorName).join(', ')

/** Control inputs say nothing by their order, nor twice, nor beside a data input of the same node. */
export function controlsOf(node: Node): string {
  const data = new Set(node.dataInputs.map((input) => input.node))
  const controls = node.inputs.filter((input) => isControl(input) && !data.has(input.node))
  return [...new Set(controls.map(printTensorName))].sort().join(', ')
}

function sameValue(a: AttrValue, b: AttrValue): boolean {
  if (a.kind === 'tensor' && b.kind === 'tensor') return sameTensor(a.value, b.value)
  return printed(a) === printed(b)
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false
  if (a.problem !== undefined || b.problem !== undefined) return a.problem === b.problem
  if (a.dtype !== 'string' && Buffer.compare(a.bytes(), b.bytes()) === 0) return true
  return farthest(a, b) <= tolerance
}

function printed(value: AttrValue | undefined): string {
  if (!value) return 'none'
  if (value.kind === 'tensor') {
    const { dtype, shape } = value.value
    const numbers = dtype === 'string' || value.value.problem !== undefined ? '' : value.value.numbers().slice(0, 8)
    return `${dtype}[${shape}]{${numbers}}`
  }
  return JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return String(part)
    return part instanceof Uint8Array ? new TextDecoder().decode(part) : part
  })
}
