import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { dequantizeNode } from './quantized-layer.js'
import type { Reporter } from './transform.js'

/** Why a placeholder cannot be fed bytes; undefined where it can. */
export function placeholderObstacle(node: Node, outputs: readonly TensorName[]): string | undefined {
  const dtype = node.attrs.type('dtype')
  if (dtype !== 'float32') return `its dtype is ${dtype ?? 'not given'}, and only float32 can become bytes`
  return outputs.some((output) => output.node === node.name) ? 'it is an output of the graph' : undefined
}

/**
 * Makes a float placeholder one of bytes. Its readers read floats that are made of them, under another name.
 * @param range two scalars: the floats that the bytes 0 and 255 stand for
 */
export function quantizePlaceholder(
  graph: Graph,
  node: Node,
  name: string,
  range: readonly [TensorName, TensorName],
  report: Reporter,
): Node {
  const float = dequantizeNode(graph.freeName(name), [tensorName(node.name), ...range], node.device)
  graph.redirect(node.name, (input) => (isControl(input) ? input : tensorName(float.name)))
  node.attrs.setType('dtype', 'quint8')
  report.change(node)
  report.add(float)
  return float
}
