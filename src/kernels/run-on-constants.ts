import { GraphdefError } from '../errors.js'
import type { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { opDef } from '../ops/op-defs.js'
import { runNode, whyNotComputable } from './evaluate.js'

/**
 * What a node gives for constants, for shape inference where a size is computed. Undefined where the op has state or no kernel,
 * or its kernel fails.
 */
export function runOnConstants(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  if (opDef(node.op)?.stateful !== false || whyNotComputable(node, inputs) !== undefined) return undefined
  try {
    return runNode(node, inputs)
  } catch (error) {
    if (error instanceof GraphdefError) return undefined
    throw error
  }
}
