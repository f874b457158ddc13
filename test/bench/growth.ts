import { parseRequest } from '../../src/chain/request.js'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { type TransformedModel, transformModel } from '../../src/optimize.js'

/** Channels of every layer: small, so that nodes and not weights are what takes time. */
const channels = 4

/**
 * The file of a network of about so many nodes: layers of convolution, batch norm and activation as an exporter of 2017 wrote
 * them, with an Identity behind every variable and a reshape by computed shape in each.
 */
export function layeredModel(nodes: number): Uint8Array {
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
  // One product of bytes beside it, for the chain that names a log of ranges.
  const bytes = [Int32Array.of(1), Float32Array.of(-1), Float32Array.of(1)]
  const [product, low, high] = bytes.map((values, index) =>
    constant(`product_${index}`, Tensor.of(index === 0 ? 'int32' : 'float32', [], values)),
  )
  add('ranges', 'RequantizationRange', [product!, low!, high!], ({ attrs }) => attrs.setType('Tinput', 'qint32'))
  add('output', 'Softmax', [last])
  return joinSlices(encodeGraphDef(graph).list)
}

/**
 * The seconds from a file's bytes to those of the result: the median of some measurements, after one that does not count. Each does
 * the model as often as makes up as many nodes as the largest model has, so that small ones too run as compiled code, and keeps
 * what came of it: as much is then alive as with the largest, which a garbage collector that copies what is alive would otherwise
 * count against it alone. (Without, a chain that does nothing takes 1.2 to 1.5 times as long a node with 100,000 as with 1,000.)
 */
export async function secondsOf(
  model: Uint8Array,
  chain: string,
  { times, measurements }: { times: number; measurements: number },
): Promise<number> {
  const request = parseRequest(`optimize=${chain}&inputs=input&outputs=output`)
  const seconds: number[] = []
  for (let measurement = 0; measurement <= measurements; measurement++) {
    const results: TransformedModel[] = []
    const started = performance.now()
    while (results.length < times) {
      const result = await transformModel(model, request, { readFile: () => rangesLog })
      // The writer gathers slices when it is asked for them.
      if (result.slices.list.length === 0) throw new RangeError('there is no result')
      results.push(result)
    }
    if (measurement > 0) seconds.push((performance.now() - started) / 1000 / times)
  }
  return seconds.sort((a, b) => a - b)[measurements >> 1]!
}

/** The log of ranges that a chain names. */
const rangesLog = new TextEncoder().encode(';ranges__print__;__requant_min_max:[-2.5][10.5]\n')

/** The slope of time over size on logarithmic scales, by least squares: 1 for work that grows as its input. */
export function growthExponent(sizes: readonly number[], times: readonly number[]): number {
  const x = sizes.map(Math.log)
  const y = times.map(Math.log)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [mean(x), mean(y)]
  const covariance = x.reduce((sum, value, index) => sum + (value - mx) * (y[index]! - my), 0)
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0)
}
