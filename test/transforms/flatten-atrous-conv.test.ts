import { expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { elementCount } from '../../src/graph/shape.js'
import { Tensor } from '../../src/graph/tensor.js'
import { tensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { parseGraph } from './graph-text.js'

type Pair = readonly [number, number]

/** A dilated convolution of three nodes. Along each axis: paddings and crops before and behind. */
interface Case {
  op: 'Conv2D' | 'DepthwiseConv2dNative'
  format: 'NHWC' | 'NCHW'
  size: Pair
  filter: Pair
  block: Pair
  paddings: readonly [Pair, Pair]
  crops: readonly [Pair, Pair]
}

/** How TensorFlow writes a dilated SAME or VALID convolution: paddings that fill up the blocks are cropped again. */
function asTensorFlowDoes(padding: 'SAME' | 'VALID', given: Omit<Case, 'paddings' | 'crops'>): Case {
  const axes = ([0, 1] as const).map((axis) => {
    const overlap = padding === 'SAME' ? (given.filter[axis] - 1) * given.block[axis] : 0
    const before = Math.floor(overlap / 2)
    const behind = overlap - before
    const beyond = (given.size[axis] + overlap) % given.block[axis]
    const fill = beyond === 0 ? 0 : given.block[axis] - beyond
    return { padding: [before, behind + fill] as const, crop: [0, fill] as const }
  })
  return {
    ...given,
    paddings: [axes[0]!.padding, axes[1]!.padding],
    crops: [axes[0]!.crop, axes[1]!.crop],
  }
}

function textOf({ op, format, filter, block, paddings, crops }: Case): string {
  const channelsFirst = format === 'NCHW'
  const blocks = channelsFirst ? [1, ...block] : block
  const pairs = (values: readonly Pair[]): string => {
    const all = channelsFirst ? [[0, 0], ...values] : values
    return `int32[${all.length},2]{${all.flat().join(', ')}}`
  }
  const weights = [...filter, 2, 2] as const
  const values = Array.from({ length: elementCount(weights) }, (_, index) => ((index * 7) % 11) - 5)
  return [
    'x = Placeholder[dtype=float]()',
    `block = Const[dtype=int32, value=int32[${blocks.length}]{${blocks.join(', ')}}]()`,
    `paddings = Const[dtype=int32, value=${pairs(paddings)}]()`,
    `crops = Const[dtype=int32, value=${pairs(crops)}]()`,
    `w = Const[dtype=float, value=float[${weights.join(',')}]{${values.join(', ')}}]()`,
    's = SpaceToBatchND[T=float, Tblock_shape=int32, Tpaddings=int32](x, block, paddings)',
    `c = ${op}[T=float, data_format="${format}", padding="VALID", strides=[1,1,1,1]](s, w)`,
    'y = BatchToSpaceND[T=float, Tblock_shape=int32, Tcrops=int32](c, block, crops)',
    'inputs: x',
    'outputs: y',
  ].join('\n')
}

/** What a case computes, before and after; whole numbers, so that no order of sums makes a difference. */
function both(given: Case): { before: Tensor; after: Tensor; flat: boolean } {
  const shape = given.format === 'NHWC' ? [2, ...given.size, 2] : [2, 2, ...given.size]
  const x = Tensor.of(
    'float32',
    shape,
    Float32Array.from({ length: elementCount(shape) }, (_, index) => (index * 5) % 13),
  )
  const compute = (graph: ReturnType<typeof parseGraph>['graph']): Tensor =>
    evaluate(graph, new Map([['x', x]]), [tensorName('y')])[0]!
  const source = parseGraph(textOf(given))
  const before = compute(source.graph)
  const { graph } = runChain(source.graph, parseChain('flatten_atrous_conv'), source)
  return { before, after: compute(graph), flat: graph.get('y')!.op === given.op }
}

function expectSame({ before, after }: { before: Tensor; after: Tensor }): void {
  expect(after.shape).toEqual(before.shape)
  expect(after.numbers()).toEqual(before.numbers())
}

const filters: readonly Pair[] = [
  [1, 1],
  [2, 3],
  [3, 2],
  [3, 3],
]
const blocks: readonly Pair[] = [
  [1, 1],
  [2, 2],
  [2, 3],
  [3, 1],
]

for (const op of ['Conv2D', 'DepthwiseConv2dNative'] as const) {
  for (const format of ['NHWC', 'NCHW'] as const) {
    for (const padding of ['SAME', 'VALID'] as const) {
      test(`a dilated ${padding} ${op} of ${format} computes the same when it is flattened`, () => {
        for (const filter of filters) {
          for (const block of blocks) {
            const result = both(asTensorFlowDoes(padding, { op, format, size: [7, 8], filter, block }))
            expect(result.flat).toBe(true)
            expectSame(result)
          }
        }
      })
    }
  }
}

test('whatever paddings and crops are, the same is computed', () => {
  const counts = { flat: 0, left: 0 }
  for (const [before, behind, first, last] of fourFrom([0, 1, 2])) {
    for (const filter of [1, 2, 3]) {
      const size = 10
      if ((size + before + behind) % 2 !== 0) continue
      const along = { padding: [before, behind] as const, crop: [first, last] as const }
      const result = both({
        op: 'Conv2D',
        format: 'NHWC',
        size: [size, 4],
        filter: [filter, 1],
        block: [2, 2],
        paddings: [along.padding, [0, 0]],
        crops: [along.crop, [0, 0]],
      })
      counts[result.flat ? 'flat' : 'left']++
      expectSame(result)
    }
  }
  // Of 135, without margins 15, which is VALID; with those of SAME 2 for two rows in the filter and 1 for three.
  expect(counts).toEqual({ flat: 18, left: 117 })
})

function* fourFrom(values: readonly number[]): Iterable<readonly [number, number, number, number]> {
  for (const a of values) for (const b of values) for (const c of values) for (const d of values) yield [a, b, c, d]
}
