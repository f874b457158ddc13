import type { DataType, TypedArray } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import type { StaticShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { controlInput, printTensorName, type TensorName, tensorName } from '../graph/tensor-name.js'
import { attrOrDefault, opDef } from '../ops/op-defs.js'
import { constNode } from './const-node.js'
import type { QuantizedOp } from './quantized-ops.js'
import type { Reporter } from './transform.js'

/** A name for each node that a quantized layer is made of. Two constants of one name are one node. */
export interface LayerNames {
  reshapeDims(input: TensorName): string
  reductionDims(input: TensorName): string
  reshape(input: TensorName): string
  min(input: TensorName): string
  max(input: TensorName): string
  quantize(input: TensorName): string
  op: string
  measuredRange: string
  requantize: string
}

export interface LayerPlan {
  names: LayerNames
  /** How a constant's elements are stored. */
  tensor(dtype: DataType, shape: StaticShape, values: TypedArray): Tensor
  /** Whether the constants wait for the layer's inputs, which keeps them in the loop or branch of these. */
  constantsWait: boolean
  /** Gives the range to which the 32-bit result of the op goes; measured when the graph runs where there is none. */
  givenRange?: (add: AddNode, op: Node) => readonly [min: TensorName, max: TensorName]
  /** The name of the float result: the layer's own where not said. */
  resultName?: string
}

/** Adds a node of the layer, on the layer's device. */
export type AddNode = (node: { name: string; op: string; inputs: readonly TensorName[] } | Node) => Node

/** An input as text that can be part of a node's name: `x__port__1` for `x:1`. */
export function nameInName(input: TensorName): string {
  return printTensorName(input).replace(':', '__port__')
}

/** The outputs of a quantized tensor: bytes or integers, the smallest and the largest value. */
type Parts = readonly [TensorName, TensorName, TensorName]

const partsOf = ({ name }: Node): Parts => [tensorName(name), tensorName(name, 1), tensorName(name, 2)]

/** Adds nodes right before one node, under free names. */
export function adderBefore(graph: Graph, place: Node, { report }: { report: Reporter }): AddNode {
  return (given) => {
    const name = graph.freeName(given.name)
    const made = given instanceof Node ? given : new Node({ ...given, name, device: place.device })
    const node = made.name === name ? made : made.renamed(name)
    graph.add(node, { before: place })
    report.add(node)
    return node
  }
}

/** Floats of eight or 32 bits again. */
export function dequantizeNode(name: string, parts: readonly TensorName[], device: string): Node {
  const node = new Node({ name, op: 'Dequantize', inputs: parts, device })
  node.attrs.setType('T', 'quint8')
  node.attrs.setString('mode', 'MIN_FIRST')
  return node
}

/** 32-bit integers as bytes of another range. */
export function requantize(add: AddNode, name: string, inputs: readonly TensorName[]): Node {
  const node = add({ name, op: 'Requantize', inputs })
  node.attrs.setType('Tinput', 'qint32')
  node.attrs.setType('out_type', 'quint8')
  return node
}

export function quantizeV2(add: AddNode, name: string, inputs: readonly TensorName[], dtype: DataType): Node {
  const node = add({ name, op: 'QuantizeV2', inputs })
  node.attrs.setType('T', dtype)
  node.attrs.setString('mode', 'MIN_FIRST')
  return node
}

/**
 * Computes a float32 layer in eight bits. Each input goes to bytes over the range of its elements, the eight-bit op takes
 * the layer's place, and what comes out becomes float again under the layer's name.
 */
export function quantizeLayer(
  graph: Graph,
  node: Node,
  layer: QuantizedOp,
  plan: LayerPlan,
  context: { report: Reporter },
): void {
  const { names } = plan
  const add = adderBefore(graph, node, context)
  const quantizeInput = inputQuantizer(node, plan, add)
  const inputs = node.dataInputs.map((input, index) =>
    layer.quantizes(index) ? quantizeInput(input) : ([input] as const),
  )
  const op = add({ name: names.op, op: layer.op, inputs: [...arrange(inputs, layer.ranges), ...node.controlInputs] })
  setAttrs(op, node, layer)
  let result = partsOf(op)
  if (layer.resultType !== undefined) {
    const range = plan.givenRange?.(add, op) ?? measure(add, names.measuredRange, result)
    result = partsOf(requantize(add, names.requantize, [...result, ...range]))
  }
  const float = dequantizeNode(plan.resultName ?? node.name, result, node.device)
  for (const name of node.attrs.names()) if (name.startsWith('_')) float.attrs.copy(name, node.attrs)
  float.otherFields = node.otherFields
  graph.replace(node, [float])
  context.report.change(float)
}

/** The range that the integers use. */
function measure(add: AddNode, name: string, parts: Parts): [TensorName, TensorName] {
  const range = add({ name, op: 'RequantizationRange', inputs: parts })
  range.attrs.setType('Tinput', 'qint32')
  return [tensorName(range.name), tensorName(range.name, 1)]
}

/** Quantizes inputs over the range of their elements: a tensor once, however often the node reads it. */
function inputQuantizer(node: Node, plan: LayerPlan, add: AddNode): (input: TensorName) => Parts {
  const { names } = plan
  const known = new Map<string, Parts>()
  const constants = new Map<string, TensorName>()
  const constant = (name: string, value: number, waitsFor: TensorName): TensorName => {
    const there = constants.get(name)
    if (there) return there
    const controlInputs = plan.constantsWait ? [controlInput(waitsFor.node)] : []
    const tensor = plan.tensor('int32', [1], Int32Array.of(value))
    const added = tensorName(add(constNode(name, tensor, { device: node.device, controlInputs })).name)
    constants.set(name, added)
    return added
  }
  return (input) => {
    const key = printTensorName(input)
    const there = known.get(key)
    if (there) return there
    const wholeShape = constant(names.reshapeDims(input), -1, input)
    const axis = constant(names.reductionDims(input), 0, input)
    const flat = add({ name: names.reshape(input), op: 'Reshape', inputs: [input, wholeShape] })
    flat.attrs.setType('T', 'float32')
    const reduce = (op: 'Min' | 'Max', name: string): TensorName => {
      const reduction = add({ name, op, inputs: [tensorName(flat.name), axis] })
      reduction.attrs.setType('T', 'float32')
      reduction.attrs.setBool('keep_dims', false)
      return tensorName(reduction.name)
    }
    const range = [reduce('Min', names.min(input)), reduce('Max', names.max(input))]
    const parts = partsOf(quantizeV2(add, names.quantize(input), [input, ...range], 'quint8'))
    known.set(key, parts)
    return parts
  }
}

/** Tensors and their ranges in the order that the op has. */
function arrange(inputs: readonly (Parts | readonly [TensorName])[], ranges: QuantizedOp['ranges']): TensorName[] {
  if (ranges === 'beside') return inputs.flatMap((parts) => [...parts])
  const tensors = inputs.map(([tensor]) => tensor)
  const quantized = inputs.filter((parts): parts is Parts => parts.length === 3)
  if (ranges === 'pairs') return [...tensors, ...quantized.flatMap(([, min, max]) => [min, max])]
  return [...tensors, ...quantized.map(([, min]) => min), ...quantized.map(([, , max]) => max)]
}

/** What the node says or, where it must be said, the op's default. */
function setAttrs(op: Node, node: Node, { inputTypes, resultType, attrs }: QuantizedOp): void {
  for (const name of inputTypes) op.attrs.setType(name, 'quint8')
  if (resultType !== undefined) op.attrs.setType(resultType, 'qint32')
  for (const name of attrs) {
    const value = attrOrDefault(node, name)
    if (value && !isDefault(op.op, name, value)) op.attrs.set(name, value)
  }
}

/** Attributes that eight-bit ops have got later than the float ones: written where they say something only. */
const laterAttrs = new Set(['Tshape', 'half_pixel_centers'])

function isDefault(op: string, name: string, value: { value: unknown }): boolean {
  return laterAttrs.has(name) && opDef(op)?.attrs.get(name)?.default?.value === value.value
}
