import { addDefaultAttributes } from './add-default-attributes.js'
import { foldBatchNorms } from './fold-batch-norms.js'
import { foldConstants } from './fold-constants.js'
import { foldOldBatchNorms } from './fold-old-batch-norms.js'
import { fusePadAndConv, fuseResizeAndConv, fuseResizePadAndConv } from './fuse-resize-and-conv.js'
import { quantizeGraph } from './quantize-graph.js'
import { quantizeWeights } from './quantize-weights.js'
import { removeAttribute } from './remove-attribute.js'
import { removeControlDependencies } from './remove-control-dependencies.js'
import { removeNodes } from './remove-nodes.js'
import { removeTrainingNodes } from './remove-training-nodes.js'
import { roundWeights } from './round-weights.js'
import { sortByExecutionOrder } from './sort-by-execution-order.js'
import { stripUnusedNodes } from './strip-unused-nodes.js'
import type { Transform } from './transform.js'

/** Every transform, by the name it has in a chain. In the documentation they stand in this order. */
export const transforms: readonly Transform[] = [
  stripUnusedNodes,
  removeNodes,
  removeTrainingNodes,
  removeAttribute,
  removeControlDependencies,
  foldConstants,
  foldBatchNorms,
  foldOldBatchNorms,
  fuseResizePadAndConv,
  fuseResizeAndConv,
  fusePadAndConv,
  roundWeights,
  quantizeWeights,
  quantizeGraph,
  addDefaultAttributes,
  sortByExecutionOrder,
]

const byName: ReadonlyMap<string, Transform> = new Map(transforms.map((transform) => [transform.name, transform]))

export function findTransform(name: string): Transform | undefined {
  return byName.get(name)
}
