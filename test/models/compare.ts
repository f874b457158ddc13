import type { GraphDescription, JsonNumber, NodeDescription, TensorDescription } from './describe.js'
import type { AttrDefaults } from './goldens.js'

export interface CompareOptions {
  /** A missing attribute counts as its default: op to attribute to text. */
  defaults?: AttrDefaults
  /** For tensors that the golden calls approximate, relative to their largest magnitude. */
  tolerance?: number
}

interface Reference {
  control: boolean
  /** Undefined where it dangles. */
  index: number | undefined
  port: string
}

/**
 * Walks two graphs from their outputs in lockstep and tells the first difference, nearest to the outputs, by the node's
 * name; undefined where they are the same computation.
 *
 * Compared: op, name, device, attributes, data inputs in order, control inputs as a set, tensors to the last bit or, where
 * the golden says `approximate`, within the tolerance. Aside are the order of nodes, names of folded constants (those
 * without a name in the golden), whether equal constants are shared, and control inputs on a node whose data is read too.
 */
export function firstDifference(
  golden: GraphDescription,
  ours: GraphDescription,
  { defaults = {}, tolerance = 1e-5 }: CompareOptions = {},
): string | undefined {
  if (golden.outputs.length !== ours.outputs.length) {
    return `outputs: ${golden.outputs.length} expected, ${ours.outputs.length} found`
  }
  const partner = new Map<number, number>()
  const partnerBack = new Map<number, number>()
  const open: [reader: string, golden: string, ours: string][] = golden.outputs.map((reference, index) => [
    `output ${index}`,
    reference,
    ours.outputs[index]!,
  ])
  for (const [reader, expectedText, foundText] of open) {
    const expectedReference = parseReference(expectedText)
    const foundReference = parseReference(foundText)
    const expected = nodeAt(golden, expectedReference)
    const found = nodeAt(ours, foundReference)
    if (!expected || !found) {
      if (expected || found || expectedText !== foundText) {
        return `${reader}: reads ${told(golden, expectedReference)}, found ${told(ours, foundReference)}`
      }
      continue
    }
    if (expected.op !== found.op || expectedReference.port !== foundReference.port) {
      return `${reader}: reads ${told(golden, expectedReference)}, found ${told(ours, foundReference)}`
    }
    const before = partner.get(expectedReference.index!)
    if (before === foundReference.index) continue
    if (expected.op !== 'Const') {
      if (before !== undefined) {
        return `${reader}: reads the one node ${printNode(expected)}, found two: ${printNode(ours.nodes[before]!)} and ${printNode(found)}`
      }
      const other = partnerBack.get(foundReference.index!)
      if (other !== undefined) {
        return `${reader}: reads ${printNode(expected)}, found ${printNode(found)} which stands for ${printNode(golden.nodes[other]!)} as well`
      }
      partnerBack.set(foundReference.index!, expectedReference.index!)
    }
    partner.set(expectedReference.index!, foundReference.index!)
    const difference = nodeDifference(expected, found, defaults[expected.op] ?? {}, tolerance)
    if (difference) return `${printNode(found)}: ${difference}`
    const inputs = pairInputs(golden, expected, ours, found)
    if (typeof inputs === 'string') return `${printNode(found)}: ${inputs}`
    for (const [a, b] of inputs) open.push([printNode(found), a, b])
  }
  return undefined
}

/** What differs between two nodes, apart from what they read. */
function nodeDifference(
  expected: NodeDescription,
  found: NodeDescription,
  defaults: Readonly<Record<string, string>>,
  tolerance: number,
): string | undefined {
  if (expected.name !== undefined && expected.name !== found.name) return `name: ${expected.name} expected`
  if ((expected.device ?? '') !== (found.device ?? '')) {
    return `device: "${expected.device ?? ''}" expected, "${found.device ?? ''}" found`
  }
  for (const name of [...new Set([...Object.keys(expected.attrs), ...Object.keys(found.attrs)])].sort()) {
    const left = expected.attrs[name] ?? defaults[name] ?? 'missing'
    const right = found.attrs[name] ?? defaults[name] ?? 'missing'
    if (left !== right) return `attr ${name}: ${left} expected, ${right} found`
  }
  return tensorDifference(expected.tensor, found.tensor, tolerance)
}

function tensorDifference(
  expected: TensorDescription | undefined,
  found: TensorDescription | undefined,
  tolerance: number,
): string | undefined {
  if (!expected || !found) return expected || found ? `tensor: only in ${expected ? 'the golden' : 'ours'}` : undefined
  const type = (tensor: TensorDescription) => `type ${tensor.dtype} [${tensor.shape.join(',')}]`
  if (type(expected) !== type(found)) return `tensor: ${type(expected)} expected, ${type(found)} found`
  if (expected.digest === found.digest) return undefined
  const farthest = farthestNumber(expected, found)
  if (farthest === undefined) return `tensor: bytes differ, ${type(expected)}`
  if (expected.approximate && farthest <= tolerance) return undefined
  return `tensor: bytes differ, ${type(expected)}, samples by ${farthest.toPrecision(3)} of the largest magnitude`
}

/** The largest difference of magnitudes and samples, relative to the largest magnitude; undefined where there are none. */
function farthestNumber(expected: TensorDescription, found: TensorDescription): number | undefined {
  if (!expected.samples || !found.samples) return undefined
  const list = (tensor: TensorDescription): JsonNumber[] => [tensor.largest!, tensor.mean!, ...tensor.samples!]
  const others = list(found).map(Number)
  const scale = Math.max(Number(expected.largest), 1e-30)
  let farthest = 0
  list(expected).forEach((value, index) => {
    const other = others[index]!
    if (Object.is(Number(value), other) || Number(value) === other) return
    const difference = Math.abs(Number(value) - other) / scale
    farthest = Math.max(farthest, Number.isNaN(difference) ? Infinity : difference)
  })
  return farthest
}

/** The inputs of two nodes side by side, or what is different about their number or names. */
function pairInputs(
  golden: GraphDescription,
  expected: NodeDescription,
  ours: GraphDescription,
  found: NodeDescription,
): [string, string][] | string {
  const left = splitInputs(golden, expected)
  const right = splitInputs(ours, found)
  if (left.data.length !== right.data.length) {
    return `inputs: ${left.data.length} expected, ${right.data.length} found`
  }
  const pairs = left.data.map((text, index): [string, string] => [text, right.data[index]!])
  for (const name of [...left.control.keys(), ...right.control.keys()].sort()) {
    const [a, b] = [left.control.get(name), right.control.get(name)]
    if (!a || !b) return `control input ^${name}: only in ${a ? 'the golden' : 'ours'}`
    pairs.push([a, b])
  }
  return pairs
}

/** Data inputs, and control inputs by name without those on a node whose data is read too. */
function splitInputs(graph: GraphDescription, node: NodeDescription): { data: string[]; control: Map<string, string> } {
  const data = node.inputs.filter((text) => !text.startsWith('^'))
  const read = new Set(data.map((text) => parseReference(text).index))
  const control = new Map<string, string>()
  for (const text of node.inputs) {
    if (!text.startsWith('^')) continue
    const reference = parseReference(text)
    if (reference.index !== undefined && read.has(reference.index)) continue
    control.set(nodeAt(graph, reference)?.name ?? text.slice(1), text)
  }
  return { data, control }
}

function parseReference(text: string): Reference {
  const control = text.startsWith('^')
  const [place = '', port = ''] = control ? [text.slice(1)] : text.split(/:(?=\d+$)/)
  return { control, index: /^\d+$/.test(place) ? Number(place) : undefined, port }
}

function nodeAt(graph: GraphDescription, { index }: Reference): NodeDescription | undefined {
  return index === undefined ? undefined : graph.nodes[index]
}

function told(graph: GraphDescription, reference: Reference): string {
  const node = nodeAt(graph, reference)
  if (!node) return 'nothing'
  return `${reference.control ? '^' : ''}${printNode(node)}${reference.port === '' || reference.port === '0' ? '' : `, port ${reference.port}`}`
}

function printNode(node: NodeDescription): string {
  return `${node.name ?? 'a folded constant'} (${node.op})`
}
