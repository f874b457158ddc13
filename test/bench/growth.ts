import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { encodeGraphDef, joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'

/** Channels of every layer: small, so that nodes and not weights are what takes time. */
const channels = 4

/**
 * A network of about so many nodes: layers of convolution, batch norm and activation as an exporter of 2017 wrote them, with an
 * Identity behind every variable and a reshape by computed shape in each.
 */
export function layeredGraph(nodes: number): Graph {
  const graph = new Graph()
  const add = (name: string, op: string, inputs: string[], set: (node: Node) => void = () => {}): string => {
    const node = new Node({ name, op, inputs: inputs.map(parseTensorName) })
    if (op !== 'Const' && op !== 'Placeholder') node.attrs.setType('T', 'float32')
    set(node)
    graph.add(node)
    return name
  }
  const constant = (name: string, tensor: Tensor): string =>
    add(name, 'Const', [], ({ attrs }) => {
      attrs.setType('dtype', tensor.dtype)
      attrs.setTensor('value', tensor)
    })
  const variable = (name: string, shape: number[]): string => {
    const size = shape.reduce((product, extent) => product * extent, 1)
    const values = Float32Array.from({ length: size }, (_, index) => 0.5 + ((index * 7 + graph.size) % 11) / 10)
    return add(`${name}/read`, 'Identity', [constant(name, Tensor.of('float32', shape, values))])
  }
  const ints = (name: string, values: number[]): string =>
    constant(name, Tensor.of('int32', [values.length], Int32Array.from(values)))

  let last = add('input', 'Placeholder', [], ({ attrs }) => {
    attrs.setType('dtype', 'float32')
    attrs.setShape('shape', [1, 8, 8, channels])
  })
  for (let layer = 0; graph.size < nodes - 2; layer++) {
    const name = (part: string): string => `layer_${layer}/${part}`
    last = add(name('Conv2D'), 'Conv2D', [last, variable(name('weights'), [1, 1, channels, channels])], ({ attrs }) => {
      attrs.set('strides', { kind: 'list', value: { i: [1n, 1n, 1n, 1n] } })
      attrs.setString('padding', 'SAME')
    })
    const vectors = ['gamma', 'beta', 'mean', 'variance'].map((part) => variable(name(part), [channels]))
    last = add(name('BatchNorm'), 'FusedBatchNorm', [last, ...vectors], ({ attrs }) => {
      attrs.setFloat('epsilon', 0.001)
      attrs.setBool('is_training', false)
    })
    last = add(name('Relu'), 'Relu', [last])
    const shape = add(
      name('Maximum'),
      'Maximum',
      [ints(name('low'), [1, 8, 8, channels]), ints(name('high'), [0, 8, 8, 0])],
      ({ attrs }) => attrs.setType('T', 'int32'),
    )
    last = add(name('Reshape'), 'Reshape', [last, shape], ({ attrs }) => attrs.setType('Tshape', 'int32'))
  }
  add('output', 'Softmax', [last])
  // As a file, so that attributes and tensors are views, as they are in use.
  return readGraphDef(joinSlices(encodeGraphDef(graph).list))
}

/** The seconds that a chain takes on a graph: the median of some runs. */
export function secondsOf(graph: Graph, chain: string, runs = 3): number {
  const endpoints = { inputs: [parseTensorName('input')], outputs: [parseTensorName('output')] }
  const times = Array.from({ length: runs }, () => {
    const copy = graph.copy()
    const steps = parseChain(chain)
    const started = performance.now()
    runChain(copy, steps, endpoints)
    return (performance.now() - started) / 1000
  }).sort((a, b) => a - b)
  return times[times.length >> 1]!
}

/** The slope of time over size on logarithmic scales, by least squares: 1 for work that grows as its input. */
export function growthExponent(sizes: readonly number[], times: readonly number[]): number {
  const x = sizes.map(Math.log)
  const y = times.map(Math.log)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [mean(x), mean(y)]
  const covariance = x.reduce((sum, value, index) => sum + (value - mx) * (y[index]! - my), 0)
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0)
}
