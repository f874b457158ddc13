import { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import type { TensorName } from '../graph/tensor-name.js'

export interface ConstPlace {
  device?: string
  /** What keeps it in its loop or branch. */
  controlInputs?: readonly TensorName[]
}

/** A Const with the two attributes it needs, as every transform makes them. */
export function constNode(name: string, tensor: Tensor, { device = '', controlInputs = [] }: ConstPlace = {}): Node {
  const node = new Node({ name, op: 'Const', device, inputs: controlInputs })
  node.attrs.setType('dtype', tensor.dtype)
  node.attrs.setTensor('value', tensor)
  return node
}
