import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'

/** Channels of each layer of the large model. */
const channels = 1024

/** A chain of products with matrices of 4 MB each, of about so many bytes, and one branch that nothing needs. */
export function largeModel(bytes: number): Uint8Array {
  const graph = new Graph()
  const add = (name: string, op: string, inputs: string[] = []): Node => {
    const node = new Node({ name, op, inputs: inputs.map(parseTensorName) })
    return graph.add(node)
  }
  const input = add('input', 'Placeholder')
  input.attrs.setType('dtype', 'float32')
  input.attrs.setShape('shape', [1, channels])
  let last = 'input'
  for (let layer = 0; (layer + 1) * channels * channels * 4 < bytes; layer++) {
    const weights = add(`weights_${layer}`, 'Const')
    const values = new Float32Array(channels * channels)
    for (let index = 0; index < values.length; index++) values[index] = ((index * 7919 + layer) % 1000) / 1000 - 0.5
    weights.attrs.setType('dtype', 'float32')
    weights.attrs.setTensor('value', Tensor.of('float32', [channels, channels], values))
    add(`product_${layer}`, 'MatMul', [last, `weights_${layer}`]).attrs.setType('T', 'float32')
    last = `product_${layer}`
  }
  add('unread', 'Neg', ['product_0']).attrs.setType('T', 'float32')
  add('output', 'Softmax', [last]).attrs.setType('T', 'float32')
  return joinSlices(encodeGraphDef(graph).list)
}
