import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { tensorName } from '../graph/tensor-name.js'
import { constNode } from './const-node.js'
import type { Reporter } from './transform.js'

/** What a float constant becomes: bytes, the range they are of, and how they are made floats again. */
export interface QuantizedConstant {
  bytes: Tensor
  low: Tensor
  high: Tensor
  mode: 'MIN_FIRST' | 'MIN_COMBINED'
  /** What stands behind the constant's name in the names of these three. */
  suffixes: readonly [bytes: string, low: string, high: string]
}

/** Puts bytes and a Dequantize in the place of a float constant; device, control inputs and private attributes stay. */
export function replaceByQuantized(graph: Graph, node: Node, quantized: QuantizedConstant, report: Reporter): void {
  const { bytes, low, high, suffixes } = quantized
  const place = { device: node.device, controlInputs: node.inputs }
  const parts = [bytes, low, high].map((tensor, index) =>
    constNode(graph.freeName(node.name + suffixes[index]!), tensor, place),
  )
  const dequantize = new Node({
    name: node.name,
    op: 'Dequantize',
    inputs: parts.map((part) => tensorName(part.name)),
    device: node.device,
  })
  dequantize.attrs.setType('T', 'quint8')
  dequantize.attrs.setString('mode', quantized.mode)
  for (const name of node.attrs.names()) if (name.startsWith('_')) dequantize.attrs.copy(name, node.attrs)
  dequantize.otherFields = node.otherFields
  graph.replace(node, [...parts, dequantize])
  report.change(node)
  for (const part of parts) report.add(part)
}
