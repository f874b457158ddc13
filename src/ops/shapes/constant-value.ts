import type { DataType } from '../../graph/data-type.js'
import type { Node } from '../../graph/node.js'
import { Tensor } from '../../graph/tensor.js'
import { outputTypes } from '../op-defs.js'
import type { PartialValue } from './partial-value.js'
import type { InputFacts } from './shape-function.js'

/** Computes the outputs of a node from constants; undefined where that cannot be done. */
export type Evaluate = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined

/** Larger constants are not computed with: sizes come of few numbers, weights of many. */
const elementLimit = 1024
/** Of floating point, only what may be the bounds of a range. */
const floatLimit = 16

const countingTypes = new Set(['bool', 'int32', 'int64'])

/**
 * The outputs of a node that reads nothing but small constants: the way to a size over ops that say nothing of their values.
 * What is known of its integers already is not computed again.
 */
export function constantsOf(
  node: Node,
  inputs: readonly InputFacts[],
  partials: readonly (PartialValue | undefined)[],
  evaluate: Evaluate,
): readonly (Tensor | undefined)[] {
  const types = outputTypes(node) ?? []
  const known = partials.map((partial, port) => tensorOf(partial, types[port]))
  if (known.length > 0 && known.every((tensor) => tensor !== undefined)) return known
  const limit = types.some((type) => countingTypes.has(type)) ? elementLimit : floatLimit
  const tensors: Tensor[] = []
  for (const { constant } of inputs) {
    if (!constant || constant.size > limit || constant.problem !== undefined) return known
    tensors.push(constant)
  }
  const outputs = (tensors.length > 0 && evaluate(node, tensors)) || []
  return outputs.every((output) => output.size <= elementLimit) ? outputs : known
}

/** A value of which every integer is known, as a constant. */
function tensorOf(partial: PartialValue | undefined, type: DataType | undefined): Tensor | undefined {
  if (!partial || partial.values.includes(null)) return undefined
  const values = partial.values as readonly number[]
  if (type === 'int64') return Tensor.of('int64', partial.shape, BigInt64Array.from(values, BigInt))
  return type === 'int32' ? Tensor.of('int32', partial.shape, Int32Array.from(values)) : undefined
}
