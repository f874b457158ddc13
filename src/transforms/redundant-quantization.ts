import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { controlInput, isControl, sameTensor, type TensorName, tensorName } from '../graph/tensor-name.js'
import { NodeAttrs } from '../ops/node-attrs.js'
import type { TransformContext } from './transform.js'
import { removeUnreadProducers } from './unread-producers.js'

/** Whether a node goes between floats and integers in mode MIN_FIRST over one range. */
function isMinFirst(node: Node): boolean {
  const attrs = new NodeAttrs(node)
  return attrs.stringAttr('mode') === 'MIN_FIRST' && (attrs.intAttr('axis') ?? -1) === -1
}

/** The node of which these inputs are the outputs 0, 1, 2, ... in order. */
function producerOfAll(graph: Graph, inputs: readonly (TensorName | undefined)[], op: string): Node | undefined {
  const [first] = inputs
  const node = graph.producer(first)
  if (node?.op !== op || !first) return undefined
  return inputs.every((input, port) => input && sameTensor(input, tensorName(node.name, port))) ? node : undefined
}

/** Requantizes once where bytes of a measured range would become floats and then bytes of a constant range. */
export function mergeRequantizes(graph: Graph, context: TransformContext): void {
  for (const outer of graph.nodes) {
    if (outer.op !== 'Requantize' || graph.get(outer.name) !== outer) continue
    const [, , , min, max] = outer.dataInputs
    const quantize = producerOfAll(graph, outer.dataInputs.slice(0, 3), 'QuantizeV2')
    if (!quantize || !isMinFirst(quantize) || !max || !min) continue
    const sameRange =
      sameConstant(graph, quantize.dataInputs[1], min) && sameConstant(graph, quantize.dataInputs[2], max)
    const source = sameRange ? measuredSource(graph, quantize) : undefined
    if (!source) continue
    graph.setInputs(outer, [...source, min, max, ...outer.controlInputs])
    context.report.change(outer)
    for (const node of removeUnreadProducers(graph, [quantize], context.isPinned)) context.report.remove(node)
  }
}

function sameConstant(graph: Graph, a: TensorName | undefined, b: TensorName): boolean {
  const [first, second] = [graph.producer(a), graph.producer(b)]
  if (first?.op !== 'Const' || second?.op !== 'Const') return false
  if (first === second) return true
  const [x, y] = [first, second].map((node) => node.attrs.tensor('value')?.numbers()[0])
  return x !== undefined && x === y
}

/** The integers (and their range) that are requantized to a measured range, made float, and read by a QuantizeV2. */
function measuredSource(graph: Graph, quantize: Node): readonly TensorName[] | undefined {
  const dequantize = graph.producer(quantize.dataInputs[0])
  if (dequantize?.op !== 'Dequantize' || !isMinFirst(dequantize)) return undefined
  const inner = producerOfAll(graph, dequantize.dataInputs, 'Requantize')
  const range = inner && producerOfAll(graph, inner.dataInputs.slice(3), 'RequantizationRange')
  if (!inner || !range) return undefined
  const source = inner.dataInputs.slice(0, 3)
  return source.every((input, index) => sameTensor(input, range.dataInputs[index]!)) ? source : undefined
}

/**
 * Leaves out floats between bytes: whoever reads the bytes that a QuantizeV2 makes of the floats of a Dequantize, over the
 * range that they have, reads those of the Dequantize. What is not read any more goes.
 */
export function removeRedundantQuantizations(graph: Graph, context: TransformContext): void {
  const fed = new Set(context.inputs.map(({ node }) => node))
  for (const quantize of graph.nodes) {
    if (quantize.op !== 'QuantizeV2' || graph.get(quantize.name) !== quantize || context.isPinned(quantize)) continue
    const [tensor, min, max] = quantize.dataInputs
    const dequantize = graph.producer(tensor)
    if (!tensor || dequantize?.op !== 'Dequantize' || fed.has(dequantize.name)) continue
    const alike = isMinFirst(quantize) && isMinFirst(dequantize) && sameType(quantize, dequantize)
    if (!alike || !isRange(graph, 'Min', min, tensor) || !isRange(graph, 'Max', max, tensor)) continue
    const source = dequantize.dataInputs
    graph.redirect(quantize.name, (input) => (isControl(input) ? controlInput(source[0]!.node) : source[input.port]))
    for (const node of removeUnreadProducers(graph, [quantize], context.isPinned)) context.report.remove(node)
  }
}

function sameType(a: Node, b: Node): boolean {
  return a.attrs.type('T') === b.attrs.type('T')
}

/** Whether a tensor is the smallest or largest element of another, of all of them in one row. */
function isRange(graph: Graph, op: 'Min' | 'Max', range: TensorName | undefined, of: TensorName): boolean {
  const reduction = graph.producer(range)
  if (reduction?.op !== op) return false
  const [input] = reduction.dataInputs
  const row = graph.producer(input)
  const reduced = row?.op === 'Reshape' ? row.dataInputs[0] : input
  return reduced !== undefined && sameTensor(reduced, of)
}
