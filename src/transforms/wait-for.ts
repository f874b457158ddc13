import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { controlInput, type TensorName } from '../graph/tensor-name.js'
import { outputTypes } from '../ops/op-defs.js'
import { switchOps } from './conditional-nodes.js'
import type { Reporter } from './transform.js'

/**
 * A control input that is satisfied where and when a tensor is there. Of a Switch, whose outputs are there one by one, an
 * Identity is read.
 *
 * @param wish the name of the Identity, where one is needed
 * @param before where it is put
 */
export function waitFor(
  graph: Graph,
  tensor: TensorName,
  { wish, before, report }: { wish: string; before: Node; report: Reporter },
): TensorName {
  const producer = graph.producer(tensor)
  if (!producer || !switchOps.has(producer.op)) return controlInput(tensor.node)
  const pivot = new Node({ name: graph.freeName(wish), op: 'Identity', inputs: [tensor], device: producer.device })
  const type = outputTypes(producer)?.[tensor.port]
  if (type) pivot.attrs.setType('T', type)
  graph.add(pivot, { before })
  report.add(pivot)
  return controlInput(pivot.name)
}
