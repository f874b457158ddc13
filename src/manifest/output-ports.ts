import { baseDataType } from '../graph/data-type.js'
import type { Node } from '../graph/node.js'
import { attrOrDefault, outputTypes } from '../ops/op-defs.js'

/** How many of an op's outputs are results, where the rest serves gradients or other ops only. */
const resultCounts: Readonly<Record<string, number>> = {
  Merge: 1,
  RefMerge: 1,
  SoftmaxCrossEntropyWithLogits: 1,
  SparseSoftmaxCrossEntropyWithLogits: 1,
  CTCLoss: 1,
  TensorArrayConcatV2: 1,
  TensorArrayConcatV3: 1,
}

/** The outputs of a node that an app may want: those of a data type it can read. Of an unknown op the first. */
export function offeredPorts(node: Node): number[] {
  const types = outputTypes(node)
  if (!types) return [0]
  const count = resultCount(node) ?? types.length
  return [...types.keys()].slice(0, count).filter((port) => {
    const type = baseDataType(types[port]!)
    return type !== 'resource' && type !== 'variant'
  })
}

function resultCount(node: Node): number | undefined {
  if (/^FusedBatchNorm(V2|V3)?$/.test(node.op)) {
    const isTraining = attrOrDefault(node, 'is_training')
    // Mean and variance of the batch are results of training; what stands behind them is for the gradient.
    return isTraining?.kind === 'b' && isTraining.value ? 3 : 1
  }
  return resultCounts[node.op]
}
