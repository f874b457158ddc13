import type { DataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import { constNode } from './const-node.js'
import { type Literal, literalTensor } from './placeholder-value.js'
import { removeUnreadProducers } from './unread-producers.js'

const placeholderOps: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderV2', 'PlaceholderWithDefault'])

export function isPlaceholder({ op }: Node): boolean {
  return placeholderOps.has(op)
}

/** Graphs written before this version say of a placeholder of any shape that it is a scalar. */
const shapesAreMeant = 24

/**
 * Puts a Const of the same name in a placeholder's place. What computed a default and is read by nobody else goes.
 * @returns the nodes that were removed besides the placeholder itself
 * @throws BadValue where the placeholder cannot have that value
 */
export function bindPlaceholder(
  graph: Graph,
  placeholder: Node,
  literal: Literal,
  isPinned: (node: Node) => boolean,
): Node[] {
  const dtype: DataType = placeholder.attrs.type('dtype') ?? 'invalid'
  const tensor = literalTensor(literal, dtype, shapeOf(graph, placeholder))
  const bound = constNode(placeholder.name, tensor, { device: placeholder.device })
  const producers = placeholder.inputs.map((input) => graph.producer(input))
  graph.replace(placeholder, [bound])
  return removeUnreadProducers(graph, producers, isPinned)
}

function shapeOf(graph: Graph, placeholder: Node): Shape {
  const shape = placeholder.attrs.shape('shape') ?? null
  const isOld = graph.envelope.versions.producer < shapesAreMeant && placeholder.op === 'Placeholder'
  return isOld && shape?.length === 0 ? null : shape
}
