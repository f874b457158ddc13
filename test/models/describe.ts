import { createHash } from 'node:crypto'
import type { AttrList, AttrValue, FunctionReference } from '../../src/graph/attr.js'
import { dataTypeToNumber } from '../../src/graph/data-type.js'
import type { Graph } from '../../src/graph/graph.js'
import type { Node } from '../../src/graph/node.js'
import type { Shape } from '../../src/graph/shape.js'
import type { Tensor } from '../../src/graph/tensor.js'
import { isControl, parseTensorName, type TensorName } from '../../src/graph/tensor-name.js'

/** A finite number, or `NaN`, `Infinity`, `-Infinity` as text, which JSON has no numbers for. */
export type JsonNumber = number | string

/** A tensor without its bytes. `largest` to `samples` are there for float32 and float64 that have elements. */
export interface TensorDescription {
  dtype: number
  shape: readonly number[]
  /** See {@link tensorDigest}. */
  digest: string
  /** Of the finite magnitudes. */
  largest?: JsonNumber
  mean?: JsonNumber
  /** Up to 8, evenly spaced, the first and last element among them. */
  samples?: readonly JsonNumber[]
  /** In goldens: the last bits depend on the processor. */
  approximate?: boolean
}

export interface NodeDescription {
  /** Missing in goldens for a constant that folding made. */
  name?: string
  op: string
  device?: string
  /** Each attribute as text, without the `value` of a Const. */
  attrs: Readonly<Record<string, string>>
  /** `12:0` is port 0 of node 12 of the list, `^12` a control input, `?name:0` dangles. */
  inputs: readonly string[]
  tensor?: TensorDescription
}

/** A graph from its outputs down; record/README.md gives the form, record/describe.py makes the same. */
export interface GraphDescription {
  outputs: readonly string[]
  nodes: readonly NodeDescription[]
}

const sampleCount = 8

/** Describes what is reached from the outputs, written as `name` or `name:port`. */
export function describeGraph(graph: Graph, outputs: readonly string[]): GraphDescription {
  const wanted = outputs.map(parseTensorName)
  const order = walk(graph, wanted)
  const places = new Map(order.map((node, index) => [node.name, index]))
  const reference = (input: TensorName): string => {
    const place = places.get(input.node) ?? `?${input.node}`
    return isControl(input) ? `^${place}` : `${place}:${input.port}`
  }
  return { outputs: wanted.map(reference), nodes: order.map((node) => describeNode(node, reference)) }
}

/** The nodes in the order in which a walk from the outputs meets them: data inputs in order, then control inputs by name. */
function walk(graph: Graph, outputs: readonly TensorName[]): Node[] {
  const order = new Set<Node>()
  for (const output of outputs) {
    const open = [output.node]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const node = graph.get(name)
      if (!node || order.has(node)) continue
      order.add(node)
      const sources = [...node.dataInputs.map((input) => input.node), ...controlNames(node)]
      open.push(...sources.reverse())
    }
  }
  return [...order]
}

function controlNames(node: Node): string[] {
  return [...new Set(node.controlInputs.map((input) => input.node))].sort()
}

function describeNode(node: Node, reference: (input: TensorName) => string): NodeDescription {
  const attrs: Record<string, string> = {}
  for (const name of node.attrs.names().sort()) {
    if (node.op !== 'Const' || name !== 'value') attrs[name] = attrText(node.attrs.get(name)!)
  }
  const tensor = node.op === 'Const' ? node.attrs.tensor('value') : undefined
  return {
    name: node.name,
    op: node.op,
    ...(node.device && { device: node.device }),
    attrs,
    inputs: [
      ...node.dataInputs.map(reference),
      ...controlNames(node).map((name) => reference({ node: name, port: -1 })),
    ],
    ...(tensor && { tensor: describeTensor(tensor) }),
  }
}

function describeTensor(tensor: Tensor): TensorDescription {
  const described = { dtype: dataTypeToNumber(tensor.dtype), shape: tensor.shape, digest: tensorDigest(tensor) }
  if ((tensor.dtype !== 'float32' && tensor.dtype !== 'float64') || tensor.size === 0) return described
  return { ...described, ...magnitudes(tensor.values() as Float32Array | Float64Array) }
}

function magnitudes(values: Float32Array | Float64Array): Pick<TensorDescription, 'largest' | 'mean' | 'samples'> {
  let largest = 0
  let sum = 0
  let finite = 0
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    finite++
    sum += Math.abs(value)
    largest = Math.max(largest, Math.abs(value))
  }
  const count = Math.min(sampleCount, values.length)
  const samples = Array.from({ length: count }, (_, index) => {
    const place = Math.floor((index * (values.length - 1)) / Math.max(count - 1, 1))
    return jsonNumber(values[place]!)
  })
  return { largest, mean: finite > 0 ? sum / finite : 0, samples }
}

function jsonNumber(value: number): JsonNumber {
  return Number.isFinite(value) ? value : String(value)
}

/**
 * The first 16 bytes of the SHA-256 of a tensor's values, in hex: little-endian whatever is stored, a short list filled
 * up; for strings each one's length (32 bits) before its bytes.
 */
export function tensorDigest(tensor: Tensor): string {
  const hash = createHash('sha256')
  if (tensor.dtype === 'string') {
    for (const text of tensor.strings()) {
      hash.update(new Uint8Array(Uint32Array.of(text.byteLength).buffer))
      hash.update(text)
    }
  } else hash.update(tensor.bytes())
  return hash.digest('hex').slice(0, 32)
}

/** An attribute as one line of text; equal attributes give equal texts. */
export function attrText(attr: AttrValue): string {
  switch (attr.kind) {
    case 's':
      return stringText(attr.value)
    case 'i':
    case 'b':
      return String(attr.value)
    case 'f':
      return floatText(attr.value)
    case 'type':
      return `type:${dataTypeToNumber(attr.value)}`
    case 'shape':
      return shapeText(attr.value)
    case 'tensor':
      return tensorText(attr.value)
    case 'func':
      return funcText(attr.value)
    case 'placeholder':
      return `placeholder:${attr.value}`
    case 'list':
      return listText(attr.value)
    case 'none':
      return 'none'
  }
}

function listText(list: AttrList): string {
  const texts = [
    ...(list.s ?? []).map(stringText),
    ...(list.i ?? []).map(String),
    ...(list.f ?? []).map(floatText),
    ...(list.b ?? []).map(String),
    ...(list.type ?? []).map((type) => `type:${dataTypeToNumber(type)}`),
    ...(list.shape ?? []).map(shapeText),
    ...(list.tensor ?? []).map(tensorText),
    ...(list.func ?? []).map(funcText),
  ]
  return `[${texts.join(' ')}]`
}

function stringText(value: Uint8Array): string {
  try {
    return JSON.stringify(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value))
  } catch {
    return `hex:${Buffer.from(value).toString('hex')}`
  }
}

function floatText(value: number): string {
  const bits = new DataView(new ArrayBuffer(4))
  bits.setFloat32(0, value)
  return `float:${bits.getUint32(0).toString(16).padStart(8, '0')}`
}

function shapeText(shape: Shape): string {
  return `shape:${shape === null ? '?' : shape.map((size) => size ?? -1).join(',')}`
}

function tensorText(tensor: Tensor): string {
  return `tensor:${dataTypeToNumber(tensor.dtype)}:${tensor.shape.join(',')}:${tensorDigest(tensor)}`
}

function funcText({ name, attrs }: FunctionReference): string {
  const texts = [...attrs.keys()].sort().map((key) => `${key}=${attrText(attrs.get(key)!)}`)
  return `func:${name}{${texts.join(' ')}}`
}
