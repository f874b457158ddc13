import type { AttrValue } from '../../src/graph/attr.js'
import { type DataType, newElements, storageOf } from '../../src/graph/data-type.js'
import { Graph, type GraphEnvelope } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { elementCount, type Shape, type StaticShape, sameShape } from '../../src/graph/shape.js'
import { Tensor } from '../../src/graph/tensor.js'
import { controlInput, printTensorName, type TensorName, tensorName } from '../../src/graph/tensor-name.js'
import type { Choices } from './choices.js'

/** An output of a node that later nodes may read. */
export interface Wire {
  readonly name: TensorName
  readonly dtype: DataType
  readonly shape: StaticShape
}

/** An attribute as a generator writes it: data types and shapes by constructor, the rest as plain values. */
export type Attr = AttrValue | boolean | string | readonly number[]

export const typeAttr = (value: DataType): AttrValue => ({ kind: 'type', value })
export const shapeAttr = (value: Shape): AttrValue => ({ kind: 'shape', value })
export const intAttr = (value: number): AttrValue => ({ kind: 'i', value: BigInt(value) })
export const floatAttr = (value: number): AttrValue => ({ kind: 'f', value: Math.fround(value) })
export const typesAttr = (type: readonly DataType[]): AttrValue => ({ kind: 'list', value: { type } })

const utf8 = new TextEncoder()

function toAttr(attr: Attr): AttrValue {
  if (typeof attr === 'boolean') return { kind: 'b', value: attr }
  if (typeof attr === 'string') return { kind: 's', value: utf8.encode(attr) }
  if (Array.isArray(attr)) return { kind: 'list', value: attr.length ? { i: attr.map(BigInt) } : {} }
  return attr as AttrValue
}

export interface NodeParts {
  inputs?: readonly Wire[]
  attrs?: Readonly<Record<string, Attr>>
  /** The outputs, in order. */
  outputs?: readonly Omit<Wire, 'name'>[]
  name?: string
}

/** How a builder decorates the nodes it makes: each is done once in so many times, 0 for never. */
export interface Decoration {
  controlInputs: number
  devices: number
  /** Attributes whose names begin with an underscore, as exporters write them. */
  privateAttrs: number
}

const scopes = ['', 'scope/', 'scope_1/', 'a/b/'] as const
const devices = ['/cpu:0', '/job:localhost/replica:0/task:0/device:CPU:0', '/device:CPU:0'] as const

/** Builds a graph from decisions: node after node, each reading what is there. */
export class GraphBuilder {
  readonly nodes: Node[] = []
  readonly wires: Wire[] = []
  readonly placeholders: string[] = []
  readonly constants: Wire[] = []
  readonly decoration: Decoration
  readonly #tensors = new Map<Wire, Tensor>()
  #count = 0

  constructor(decoration: Partial<Decoration> = {}) {
    this.decoration = { controlInputs: 0, devices: 0, privateAttrs: 0, ...decoration }
  }

  /** Adds a node and gives its outputs. */
  add(op: string, choose: Choices, { inputs = [], attrs = {}, outputs = [], name }: NodeParts): Wire[] {
    const free = name ?? `${choose.of(scopes)}${op.toLowerCase().slice(0, 5)}${this.#count++}`
    const controls = this.#controls(choose, inputs)
    const node = new Node({
      name: free,
      op,
      inputs: [...inputs.map((input) => input.name), ...controls],
      device: this.#happens(this.decoration.devices, choose) ? choose.of(devices) : '',
    })
    for (const [key, value] of Object.entries(attrs)) node.attrs.set(key, toAttr(value))
    if (this.#happens(this.decoration.privateAttrs, choose)) node.attrs.setBool('_private', true)
    this.nodes.push(node)
    const made = outputs.map((output, port) => ({ ...output, name: tensorName(free, port) }))
    this.wires.push(...made)
    return made
  }

  /** A node with one output. */
  one(op: string, choose: Choices, parts: NodeParts & { dtype?: DataType; shape: StaticShape }): Wire {
    const { dtype = 'float32', shape, ...rest } = parts
    return this.add(op, choose, { ...rest, outputs: [{ dtype, shape }] })[0]!
  }

  placeholder(choose: Choices, dtype: DataType, shape: StaticShape, { declared }: { declared?: Shape } = {}): Wire {
    const name = `x${this.placeholders.length || ''}`
    this.placeholders.push(name)
    const attrs = {
      dtype: typeAttr(dtype),
      ...(declared === undefined ? { shape: shapeAttr(shape) } : { shape: shapeAttr(declared) }),
    }
    const { decoration } = this
    const plain = new GraphBuilder()
    plain.#count = this.#count
    const wire = (decoration.controlInputs > 0 ? plain : this).one('Placeholder', choose, { dtype, shape, attrs, name })
    if (plain.nodes.length > 0) {
      this.nodes.push(...plain.nodes)
      this.wires.push(wire)
    }
    return wire
  }

  /** A constant; once in a while one that is there already. */
  constant(choose: Choices, tensor: Tensor, { shared = 0, name }: { shared?: number; name?: string } = {}): Wire {
    const { dtype, shape } = tensor
    // Of integers the value counts: they are axes, shapes and paddings.
    const fits = (wire: Wire): boolean => dtype.startsWith('float') || sameElements(this.#tensors.get(wire)!, tensor)
    const alike = this.constants.filter((wire) => {
      return wire.dtype === dtype && sameShape(wire.shape, shape) && this.#tensors.has(wire) && fits(wire)
    })
    if (alike.length > 0 && this.#happens(shared, choose)) return choose.latest(alike)
    const attrs = { dtype: typeAttr(dtype), value: { kind: 'tensor', value: tensor } as AttrValue }
    const wire = this.one('Const', choose, { attrs, dtype, shape, name })
    this.constants.push(wire)
    this.#tensors.set(wire, tensor)
    return wire
  }

  #happens(times: number, choose: Choices): boolean {
    return times > 0 && choose.once(times)
  }

  #controls(choose: Choices, inputs: readonly Wire[]): TensorName[] {
    if (this.nodes.length === 0 || !this.#happens(this.decoration.controlInputs, choose)) return []
    const names = [choose.latest(this.nodes).name]
    if (choose.once(4)) names.push(choose.latest(this.nodes).name)
    // One beside a data input of the same node says nothing, and yet stands in some files.
    const beside = choose.once(6)
    const read = new Set(inputs.map((input) => input.name.node))
    return [...new Set(names)].filter((name) => beside || !read.has(name)).map(controlInput)
  }

  graph(order: readonly Node[] = this.nodes, envelope?: GraphEnvelope): Graph {
    return new Graph(order, envelope)
  }

  /** Outputs that nobody reads, of nodes that compute something. */
  ends(): string[] {
    const read = new Set(this.nodes.flatMap((node) => node.inputs.map((input) => input.node)))
    const names = this.wires.filter((wire) => !read.has(wire.name.node) && wire.name.port === 0)
    return names
      .map((wire) => printTensorName(wire.name))
      .filter((name) => !this.constants.some((c) => c.name.node === name))
  }
}

/** Numbers that rounding treats kindly: eighths from -2 to 2, or of another range. */
export function eighths(choose: Choices, count: number, low = -2, high = 2): number[] {
  const steps = (high - low) * 8
  return Array.from({ length: count }, () => low + choose.below(steps + 1) / 8)
}

/** A tensor of these values: as bytes, as a typed list, or as a list whose last value repeats. */
export function tensorOf(choose: Choices, dtype: DataType, shape: StaticShape, values: readonly number[]): Tensor {
  const size = elementCount(shape)
  const elements = newElements(dtype, size)
  const isBig = elements instanceof BigInt64Array || elements instanceof BigUint64Array
  for (let index = 0; index < size; index++) {
    const value = values[index % Math.max(values.length, 1)] ?? 0
    if (isBig) elements[index] = BigInt(Math.trunc(value))
    else elements[index] = dtype === 'bool' ? Number(value > 0) : value
  }
  if (choose.once(4) && storageOf(dtype)!.lanes === 1) {
    return Tensor.ofList(
      dtype,
      shape,
      choose.once(2) && size > 1 ? elements.slice(0, choose.between(1, size - 1)) : elements,
    )
  }
  return Tensor.of(dtype, shape, elements)
}

/** A float32 constant's tensor of eighths. */
export function floats(choose: Choices, shape: StaticShape, low = -2, high = 2): Tensor {
  return tensorOf(choose, 'float32', shape, eighths(choose, Math.min(elementCount(shape), 24), low, high))
}

export function ints(shape: StaticShape, values: readonly number[]): Tensor {
  return Tensor.of('int32', shape, Int32Array.from(values))
}

function sameElements(a: Tensor, b: Tensor): boolean {
  return Buffer.compare(a.bytes(), b.bytes()) === 0
}
