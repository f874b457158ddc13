import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import type { Graph } from '../../src/graph/graph.js'
import { Tensor } from '../../src/graph/tensor.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { type GraphText, parseGraph, printGraph } from './graph-text.js'

/**
 * Batch norms in every form that exporters wrote, on every kind of layer and layout, with what may stand between: after one
 * deploy nothing of them is left but a bias, and the graph computes what it did.
 */
interface Layer {
  /** The output, `c`, from the placeholder `x` and the weights `w`. */
  op: string
  weights: string
  input: readonly number[]
  format: 'NHWC' | 'NCHW' | 'NDHWC' | 'NCDHW' | undefined
}

const window = 'strides=[1,1,1,1], padding="SAME"'
const volume = 'strides=[1,1,1,1,1], padding="SAME"'
const layers: Record<string, Layer> = {
  Conv2D: { op: `Conv2D[T=float, ${window}](x, w)`, weights: '3,3,2,4', input: [2, 4, 4, 2], format: 'NHWC' },
  'Conv2D of NCHW': {
    op: `Conv2D[T=float, ${window}, data_format="NCHW"](x, w)`,
    weights: '3,3,2,4',
    input: [2, 2, 5, 4],
    format: 'NCHW',
  },
  DepthwiseConv2dNative: {
    op: `DepthwiseConv2dNative[T=float, ${window}](x, w)`,
    weights: '3,3,2,2',
    input: [2, 4, 4, 2],
    format: 'NHWC',
  },
  'DepthwiseConv2dNative of NCHW': {
    op: `DepthwiseConv2dNative[T=float, ${window}, data_format="NCHW"](x, w)`,
    weights: '3,3,2,2',
    input: [2, 2, 5, 4],
    format: 'NCHW',
  },
  Conv2DBackpropInput: {
    op: `Conv2DBackpropInput[T=float, ${window}](sizes, w, x)`,
    weights: '3,3,4,2',
    input: [2, 4, 4, 2],
    format: 'NHWC',
  },
  Conv3D: { op: `Conv3D[T=float, ${volume}](x, w)`, weights: '2,2,2,2,4', input: [1, 3, 3, 3, 2], format: 'NDHWC' },
  'Conv3D of NCDHW': {
    op: `Conv3D[T=float, ${volume}, data_format="NCDHW"](x, w)`,
    weights: '2,2,2,2,4',
    input: [1, 2, 3, 3, 4],
    format: 'NCDHW',
  },
  MatMul: { op: 'MatMul[T=float](x, w)', weights: '3,4', input: [5, 3], format: undefined },
  'MatMul with transpose_b': {
    op: 'MatMul[T=float, transpose_b=true](x, w)',
    weights: '4,3',
    input: [5, 3],
    format: undefined,
  },
}

/** What stands between: lines from `c` to the name that is given back. */
const between: Record<string, (channelShape: string, biasFormat: string) => string> = {
  nothing: () => '',
  BiasAdd: (_shape, format) => `bias = ${constant('4')}\na = BiasAdd[T=float${format}](c, bias)`,
  Add: (shape) => `bias = ${constant(shape)}\na = Add[T=float](bias, c)`,
  AddV2: () => `bias = ${constant('')}\na = AddV2[T=float](c, bias)`,
  Sub: (shape) => `bias = ${constant(shape)}\na = Sub[T=float](c, bias)`,
  'BiasAdd and Sub': (shape, format) =>
    `bias = ${constant('4')}\nb = BiasAdd[T=float${format}](c, bias)\n` +
    `more = ${constant(shape)}\na = Sub[T=float](b, more)`,
}

let seed = 1
function random(): number {
  seed = (seed * 48271) % 2147483647
  return seed / 2147483647
}

/** A constant of some shape, its values a little above `least`. */
function constant(shape: string, least = 0.1): string {
  const size = shape
    .split(',')
    .filter(Boolean)
    .map(Number)
    .reduce((product, dim) => product * dim, 1)
  const values = Array.from({ length: size }, () => (least + random()).toFixed(3))
  return `Const[dtype=float, value=float[${shape}]{${values.join(', ')}}]()`
}

const moments = (shape: string): string =>
  ['mean', 'beta', 'gamma'].map((name) => `${name} = ${constant(shape)}`).join('\n') +
  `\nvariance = ${constant(shape, 0.5)}\nepsilon = Const[dtype=float, value=float[]<0.001>]()`
const scale = 'total = Add[T=float](variance, epsilon)\nrsqrt = Rsqrt[T=float](total)\n'

type Form = (source: string, shape: string, format: string) => string

/** The forms that are made of single ops, with constants of any shape. */
const decomposed: Record<string, Form> = {
  'Mul and Add': (x, shape) => `${moments(shape)}\n${scale}m = Mul[T=float](rsqrt, gamma)
p = Mul[T=float](${x}, m)\nq = Mul[T=float](mean, m)\ns = Sub[T=float](beta, q)\ny = Add[T=float](p, s)`,
  'Mul and Add, the other way round': (x, shape) => `${moments(shape)}\n${scale}m = Mul[T=float](gamma, rsqrt)
p = Mul[T=float](m, ${x})\nq = Mul[T=float](m, mean)\ns = Sub[T=float](beta, q)\ny = AddV2[T=float](s, p)`,
  'Mul and Sub': (x, shape) => `${moments(shape)}\n${scale}m = Mul[T=float](rsqrt, gamma)
p = Mul[T=float](${x}, m)\nq = Mul[T=float](mean, m)\ns = Sub[T=float](q, beta)\ny = Sub[T=float](p, s)`,
  'Sub, Mul, Mul and Add': (x, shape) => `${moments(shape)}\n${scale}s = Sub[T=float](${x}, mean)
p = Mul[T=float](s, rsqrt)\nq = Mul[T=float](gamma, p)\ny = Add[T=float](q, beta)`,
  'Sub, RealDiv, Mul and Add': (x, shape) => `${moments(shape)}\ntotal = Add[T=float](variance, epsilon)
root = Sqrt[T=float](total)\ns = Sub[T=float](${x}, mean)\np = RealDiv[T=float](s, root)
q = Mul[T=float](p, gamma)\ny = AddV2[T=float](q, beta)`,
}

const fused =
  (op: string): Form =>
  (x, _shape, format) =>
    `${moments('4')}\ny = ${op}[T=float, epsilon=0.001, is_training=false${format}](${x}, gamma, beta, mean, variance)`

/** The forms of one op, which take vectors alone. */
const whole: Record<string, Form> = {
  FusedBatchNorm: fused('FusedBatchNorm'),
  FusedBatchNormV2: fused('FusedBatchNormV2'),
  FusedBatchNormV3: fused('FusedBatchNormV3'),
  BatchNormWithGlobalNormalization: (x) => `${moments('4')}
y = BatchNormWithGlobalNormalization[T=float, variance_epsilon=0.001, scale_after_normalization=true](${x}, mean, variance, beta, gamma)`,
}

function graphOf(layer: Layer, betweens: string, form: string): GraphText {
  return parseGraph(`x = Placeholder[dtype=float, shape=shape[${layer.input}]]()
sizes = Const[dtype=int32, value=int32[4]{2, 4, 4, 4}]()
w = ${constant(layer.weights, -0.5)}
c = ${layer.op}
${betweens}
${form}
inputs: x
outputs: y`)
}

/** Nodes that a batch norm may be made of: all but a convolution's or product's one bias. */
function leftover(graph: Graph): string[] {
  const isBias = (op: string): boolean => ['BiasAdd', 'Add', 'AddV2', 'Sub'].includes(op)
  const additions = graph.nodes.filter((node) => isBias(node.op))
  const others = graph.nodes.filter((node) => /BatchNorm|Mul$|Div$|Sqrt$|Rsqrt/.test(node.op) && node.op !== 'MatMul')
  return [...others, ...additions.slice(1)].map((node) => `${node.name} (${node.op})`)
}

/** Runs deploy and holds that the answers stay; gives the graph that is left. */
function deployed(source: GraphText, shape: readonly number[]): Graph {
  const values = Float32Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, () => random() - 0.5)
  const feeds = new Map([['x', Tensor.of('float32', shape, values)]])
  const before = evaluate(source.graph, feeds, source.outputs)
  const { graph, steps } = runChain(source.graph, parseChain('deploy'), source)
  const after = evaluate(graph, feeds, source.outputs)
  for (const [index, tensor] of before.entries()) {
    expect(after[index]!.shape).toEqual(tensor.shape)
    const [expected, numbers] = [tensor.numbers(), after[index]!.numbers()]
    const largest = Math.max(...expected.map(Math.abs))
    const worst = Math.max(...expected.map((value, at) => Math.abs(value - numbers[at]!)))
    expect(worst / largest).toBeLessThan(1e-5)
  }
  expect(steps.flatMap(({ skipped }) => skipped)).toEqual([])
  const once = printGraph(graph)
  const again = parseChain('fold_batch_norms,fold_old_batch_norms')
  expect(printGraph(runChain(graph, again, source).graph)).toBe(once)
  return graph
}

const channelShapes: Record<string, readonly string[]> = {
  NHWC: ['4', '1,1,1,4', ''],
  NCHW: ['4,1,1', '1,4,1,1', ''],
  NDHWC: ['4', '1,1,1,1,4', ''],
  NCDHW: ['4,1,1,1', '1,4,1,1,1', ''],
  none: ['4', '1,4', ''],
}

describe.each(Object.entries(layers))('behind %s', (_name, layer) => {
  const format = layer.format ?? 'none'
  const shapes = channelShapes[format]!
  const biasFormat = format.startsWith('NC') ? ', data_format="NCHW"' : ''

  describe.each(Object.keys(decomposed))('%s', (form) => {
    test.each(Object.keys(between))('with %s between', (name) => {
      const all = name === 'nothing' || name === 'BiasAdd and Sub'
      for (const shape of all ? shapes : shapes.slice(1, 2)) {
        const lines = between[name]!(shape, biasFormat)
        const source = graphOf(layer, lines, decomposed[form]!(lines ? 'a' : 'c', shape, ''))
        expect(leftover(deployed(source, layer.input))).toEqual([])
      }
    })
  })

  const rank = layer.input.length
  const forms = Object.keys(whole).filter((form) => {
    if (form === 'FusedBatchNormV3') return rank >= 4
    return rank === 4 && (form.startsWith('Fused') || format === 'NHWC')
  })
  for (const form of forms) {
    test.each(Object.keys(between))(`${form} with %s between`, (name) => {
      const lines = between[name]!(shapes[0]!, biasFormat)
      const source = graphOf(layer, lines, whole[form]!(lines ? 'a' : 'c', '', `, data_format="${format}"`))
      expect(leftover(deployed(source, layer.input))).toEqual([])
    })
  }
})

/** Two convolutions on one input, what is `z` from them, and the shape that it has. */
const pair = (tail: string): string => `x = Placeholder[dtype=float, shape=shape[2,4,4,2]]()
w1 = ${constant('3,3,2,2', -0.5)}
w2 = ${constant('1,1,2,2', -0.5)}
c1 = Conv2D[T=float, ${window}](x, w1)
c2 = Conv2D[T=float, ${window}](x, w2)
${tail}
inputs: x`

describe('where the layer does not stand right before', () => {
  const places: Record<string, string> = {
    'a concatenation': 'axis = Const[dtype=int32, value=int32[]{3}]()\nz = ConcatV2[N=2, T=float](c1, c2, axis)',
    'a concatenation of one with a bias': `axis = Const[dtype=int32, value=int32[]{-1}]()
bias = ${constant('2')}\na1 = BiasAdd[T=float](c1, bias)\nz = ConcatV2[N=2, T=float](a1, c2, axis)`,
    'a transposition of a concatenation': `axis = Const[dtype=int32, value=int32[]{-1}]()
turn = Const[dtype=int32, value=int32[4]{0, 2, 1, 3}]()
k = ConcatV2[N=2, T=float](c1, c2, axis)\nz = Transpose[T=float, Tperm=int32](k, turn)`,
    'a concatenation of atrous convolutions': `axis = Const[dtype=int32, value=int32[]{3}]()
block = Const[dtype=int32, value=int32[2]{2, 1}]()\ncrops = Const[dtype=int32, value=int32[2,2]{1, 0, 0, 0}]()
b1 = BatchToSpaceND[T=float, Tblock_shape=int32, Tcrops=int32](c1, block, crops)
b2 = BatchToSpaceND[T=float, Tblock_shape=int32, Tcrops=int32](c2, block, crops)
z = ConcatV2[N=2, T=float](b1, b2, axis)`,
  }
  const forms = { ...decomposed, ...whole }

  describe.each(Object.entries(places))('but %s', (_name, tail) => {
    test.each(Object.keys(forms))('%s', (form) => {
      const graph = deployed(parseGraph(`${pair(`${tail}\n${forms[form]!('z', '4', '')}`)}\noutputs: y`), [2, 4, 4, 2])
      // Each part may have a bias, and what is added behind them all stays one addition.
      expect(leftover(graph).filter((text) => !/\((BiasAdd|Add|AddV2|Sub)\)$/.test(text))).toEqual([])
      expect(graph.nodes.filter(({ op }) => /^(Add|AddV2|Sub)$/.test(op)).length).toBeLessThanOrEqual(1)
    })
  })

  test('a Squeeze, as behind a convolution of one dimension', () => {
    const source = parseGraph(`x = Placeholder[dtype=float, shape=shape[2,6,3]]()
one = Const[dtype=int32, value=int32[]{1}]()
e = ExpandDims[T=float, Tdim=int32](x, one)
w = ${constant('1,3,3,4', -0.5)}
c = Conv2D[T=float, ${window}](e, w)
z = Squeeze[T=float, squeeze_dims=[1]](c)
bias = ${constant('4')}
a = BiasAdd[T=float](z, bias)
${decomposed['Mul and Add']!('a', '4', '')}
inputs: x
outputs: y`)
    expect(leftover(deployed(source, [2, 6, 3]))).toEqual([])
  })

  test('a Reshape to four axes, as behind a matrix product', () => {
    const source = parseGraph(`x = Placeholder[dtype=float, shape=shape[5,3]]()
w = ${constant('3,4', -0.5)}
c = MatMul[T=float](x, w)
wide = Const[dtype=int32, value=int32[4]{-1, 1, 1, 4}]()
flat = Const[dtype=int32, value=int32[2]{-1, 4}]()
r = Reshape[T=float, Tshape=int32](c, wide)
${whole.FusedBatchNorm!('r', '4', '').replace('\ny =', '\nn =')}
y = Reshape[T=float, Tshape=int32](n, flat)
inputs: x
outputs: y`)
    expect(leftover(deployed(source, [5, 3]))).toEqual([])
  })
})

describe('several batch norms', () => {
  test('on one after another, of different forms', () => {
    const first = whole.FusedBatchNorm!('c', '4', '').replace('\ny =', '\nn =')
    const second = decomposed['Mul and Add']!('n', '4', '').replaceAll(
      /\b(mean|beta|gamma|variance|epsilon)\b/g,
      '$1_2',
    )
    const third = whole.FusedBatchNormV3!('y', '4', '').replaceAll(
      /\b(mean|beta|gamma|variance|epsilon)(?! ?=0)\b/g,
      '$1_3',
    )
    const lines = [first, second, third.replace('\ny =', '\nresult =')].join('\n')
    const source = graphOf(layers.Conv2D!, '', lines.replace('epsilon_3=0.001', 'epsilon=0.001'))
    source.outputs = [{ node: 'result', port: 0 }]
    expect(leftover(deployed(source, [2, 4, 4, 2]))).toEqual([])
  })

  test('with shared weights and constants, on one input', () => {
    const norm = '[T=float, epsilon=0.001, is_training=false]'
    const source = parseGraph(`x = Placeholder[dtype=float, shape=shape[2,4,4,2]]()
w = ${constant('3,3,2,4', -0.5)}
${moments('4')}
other = ${constant('4')}
c1 = Conv2D[T=float, ${window}](x, w)
c2 = Conv2D[T=float, ${window}](x, w)
c3 = Conv2D[T=float, ${window}](x, w)
y1 = FusedBatchNorm${norm}(c1, gamma, beta, mean, variance)
y2 = FusedBatchNorm${norm}(c2, gamma, beta, mean, variance)
y3 = FusedBatchNorm${norm}(c3, other, beta, mean, variance)
c4 = Conv2D[T=float, ${window}](x, w)
y4 = Mul[T=float](c4, gamma)
inputs: x
outputs: y1, y2, y3, y4`)
    const graph = deployed(source, [2, 4, 4, 2])
    expect(leftover(graph).filter((text) => !text.endsWith('(BiasAdd)'))).toEqual([])
    // Two of the four go on sharing.
    expect(graph.nodes.filter((node) => node.attrs.tensor('value')?.shape.length === 4)).toHaveLength(3)
  })
})
