import type { Graph } from '../graph/graph.js'
import type { TensorName } from '../graph/tensor-name.js'

/** A tensor as it was before Identities. */
export function originOf(graph: Graph, tensor: TensorName): TensorName {
  let found = tensor
  for (let node = graph.producer(found); node?.op === 'Identity'; node = graph.producer(found))
    found = node.dataInputs[0]!
  return found
}
