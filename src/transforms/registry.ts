import { addDefaultAttributes } from './add-default-attributes.js'
import { backportConcatV2 } from './backport-concatv2.js'
import { backportTensorArrayV3 } from './backport-tensor-array-v3.js'
import { convertPlaceholderToConst } from './convert-placeholder-to-const.js'
import { flattenAtrousConv } from './flatten-atrous-conv.js'
import { foldBatchNorms } from './fold-batch-norms.js'
import { foldConstants } from './fold-constants.js'
import { foldOldBatchNorms } from './fold-old-batch-norms.js'
import { foldSubDivMulBatchNorms } from './fold-subdivmul-batch-norms.js'
import { freezeRequantizationRanges } from './freeze-requantization-ranges.js'
import { fuseDecomposedBatchNorm } from './fuse-decomposed-batch-norm.js'
import { fusePadAndConv, fuseResizeAndConv, fuseResizePadAndConv } from './fuse-resize-and-conv.js'
import { inlineFunctions } from './inline-functions.js'
import { inlinePartitionedcall } from './inline-partitionedcall.js'
import { insertLogging } from './insert-logging.js'
import { mergeDuplicateNodes } from './merge-duplicate-nodes.js'
import { obfuscateNames } from './obfuscate-names.js'
import { quantizeGraph } from './quantize-graph.js'
import { quantizeNodes } from './quantize-nodes.js'
import { quantizeWeights } from './quantize-weights.js'
import { removeAttribute } from './remove-attribute.js'
import { removeControlDependencies } from './remove-control-dependencies.js'
import { removeDevice } from './remove-device.js'
import { removeDropout, removeIdleDropout } from './remove-dropout.js'
import { removeNodes } from './remove-nodes.js'
import { removeTrainingNodes } from './remove-training-nodes.js'
import { renameAttribute } from './rename-attribute.js'
import { renameNode } from './rename-node.js'
import { renameOp } from './rename-op.js'
import { resolveConditionals } from './resolve-conditionals.js'
import { roundWeights } from './round-weights.js'
import { setDevice } from './set-device.js'
import { sortByExecutionOrder } from './sort-by-execution-order.js'
import { sparsifyGather } from './sparsify-gather.js'
import { stripUnusedNodes } from './strip-unused-nodes.js'
import type { Transform } from './transform.js'

/** Every transform, by the name it has in a chain. In the documentation they stand in this order. */
export const transforms: readonly Transform[] = [
  stripUnusedNodes,
  removeNodes,
  removeTrainingNodes,
  convertPlaceholderToConst,
  resolveConditionals,
  removeIdleDropout,
  removeDropout,
  inlineFunctions,
  inlinePartitionedcall,
  removeAttribute,
  removeControlDependencies,
  removeDevice,
  setDevice,
  renameAttribute,
  renameOp,
  renameNode,
  foldConstants,
  foldBatchNorms,
  foldOldBatchNorms,
  foldSubDivMulBatchNorms,
  fuseDecomposedBatchNorm,
  flattenAtrousConv,
  fuseResizePadAndConv,
  fuseResizeAndConv,
  fusePadAndConv,
  roundWeights,
  quantizeWeights,
  quantizeNodes,
  quantizeGraph,
  addDefaultAttributes,
  mergeDuplicateNodes,
  freezeRequantizationRanges,
  obfuscateNames,
  sparsifyGather,
  sortByExecutionOrder,
  insertLogging,
  backportConcatV2,
  backportTensorArrayV3,
]

const byName: ReadonlyMap<string, Transform> = new Map(transforms.map((transform) => [transform.name, transform]))

export function findTransform(name: string): Transform | undefined {
  return byName.get(name)
}
