import { expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { Tensor } from '../../src/graph/tensor.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { parseGraph } from './graph-text.js'

/** Numbers between -1 and 1 that look random and are the same in every run. */
function numbers(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.sin((index + 1) * 12.9898 * (seed + 1)))
}

const layers = `
x = Placeholder[dtype=float, shape=shape[1,6,6,2]]()
w = Const[dtype=float, value=float[3,3,2,4]{${numbers(72, 1).join(', ')}}]()
c = Conv2D[T=float, strides=[1,1,1,1], padding="SAME"](x, w)
r = Relu[T=float](c)
p = MaxPool[T=float, ksize=[1,2,2,1], strides=[1,2,2,1], padding="VALID"](r)
s = Const[dtype=int32, value=int32[2]{1, -1}]()
f = Reshape[T=float](p, s)
k = Const[dtype=float, value=float[36,5]{${numbers(180, 2).join(', ')}}]()
m = MatMul[T=float](f, k)
b = Const[dtype=float, value=float[5]{${numbers(5, 3).join(', ')}}]()
y = Add[T=float](m, b)
inputs: x
outputs: y`

const rounded = `
x = Placeholder[dtype=float, shape=shape[1,6,6,2]]()
w = Const[dtype=float, value=float[1,1,2,2]{1, -0.5, 0.25, 2}]()
c = Conv2D[T=float, strides=[1,1,1,1], padding="SAME"](x, w)
r = Relu[T=float](c)
low = Const[dtype=float, value=float[]{0}]()
high = Const[dtype=float, value=float[]{1.5}]()
y = FakeQuantWithMinMaxVars(r, low, high)
inputs: x
outputs: y`

/** How far the answers of a graph and of what a chain makes of it are from each other, of the largest magnitude. */
function distance(text: string, chain: string, wantedOps: readonly string[]): number {
  const before = parseGraph(text)
  const after = runChain(before.graph.copy(), parseChain(chain), before).graph
  for (const op of wantedOps) expect(after.nodes.map((node) => node.op)).toContain(op)
  const fed = Tensor.of('float32', [1, 6, 6, 2], Float32Array.from(numbers(72, 4)))
  const answer = (graph: typeof after): number[] =>
    evaluate(graph, new Map([['x', fed]]), before.outputs).flatMap((tensor) => tensor.numbers())
  const [expected, found] = [answer(before.graph), answer(after)]
  const magnitude = Math.max(...expected.map(Math.abs))
  return Math.max(...expected.map((value, index) => Math.abs(value - found[index]!))) / magnitude
}

const everyLayer = ['QuantizedConv2D', 'QuantizedRelu', 'QuantizedMaxPool', 'QuantizedReshape', 'QuantizedMatMul']

test('quantize_nodes computes nearly the same', () => {
  expect(distance(layers, 'quantize_nodes', [...everyLayer, 'QuantizedAdd'])).toBeLessThan(0.02)
  expect(distance(layers, 'quantize_weights(minimum_size=5) quantize_nodes', everyLayer)).toBeLessThan(0.02)
})

test('quantize_nodes keeps the range of a FakeQuant that it moves into a layer', () => {
  expect(distance(rounded, 'quantize_nodes', ['QuantizedConv2D', 'QuantizedRelu'])).toBeLessThan(0.02)
})

test('quantize_graph computes nearly the same in every mode', () => {
  expect(distance(layers, 'quantize_graph(mode=eightbit)', everyLayer)).toBeLessThan(0.02)
  expect(
    distance(layers, 'quantize_graph(mode=eightbit, strip_redundant_quantization=false)', everyLayer),
  ).toBeLessThan(0.03)
  expect(distance(layers, 'quantize_graph(mode=weights)', ['Dequantize'])).toBeLessThan(0.02)
  expect(distance(layers, 'quantize_graph(mode=weights_rounded)', [])).toBeLessThan(0.02)
})

test('quantize_graph reads back small constants as they were', () => {
  const small = `
x = Placeholder[dtype=float, shape=shape[1,6,6,2]]()
w = Const[dtype=float, value=float[1,1,2,2]{0.001, -0.0005, 0.00025, -0.001}]()
y = Conv2D[T=float, strides=[1,1,1,1], padding="SAME"](x, w)
inputs: x
outputs: y`
  expect(distance(small, 'quantize_graph(mode=weights)', ['Dequantize'])).toBeLessThan(0.01)
  expect(distance(small, 'quantize_graph(mode=eightbit)', ['QuantizedConv2D'])).toBeLessThan(0.02)
})
