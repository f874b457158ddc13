import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import { storageOf } from '../../src/graph/data-type.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { toFloat16 } from '../../src/kernels/half-precision.js'
import { kernelFor } from '../../src/kernels/registry.js'
import { models } from '../models/models.js'
import { type NpyArray, readNpz } from '../models/npz.js'
import { farthest } from './farthest.js'

/**
 * Ops of these graphs that no kernel computes: state, loops and branches, which are never folded, and ops that stand on
 * no constant path in a graph of real use. A kernel for one of them takes it off the list. (A FusedBatchNormV3 that is
 * training is not computed either.)
 */
const withoutKernel = new Set(
  `AdjustContrastv2 AdjustHue AdjustSaturation Betainc Bincount BlockLSTM CropAndResize Cross DiagPart Digamma
   DrawBoundingBoxesV2 Enter ExtractImagePatches FakeQuantWithMinMaxVarsPerChannel GRUBlockCell HSVToRGB
   HistogramFixedWidth Igamma Igammac InTopKV2 LRN LSTMBlockCell Lgamma LogMatrixDeterminant Lu MatrixDeterminant
   MatrixInverse MatrixSolve MaxPoolWithArgmax Merge NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3
   NonMaxSuppressionV4 NonMaxSuppressionV5 NthElement Polygamma RGBToHSV RaggedRange RandomUniform ResizeArea
   ResizeBicubic ResizeBilinear ResizeNearestNeighbor ReverseSequence SegmentMax SegmentMean SegmentMin
   SegmentProd SegmentSum SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits SparseTensorDenseAdd
   Svd Switch TensorArrayV3 UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd Zeta`.split(/\s+/),
)

function tensorOf({ dtype, shape, data }: NpyArray): Tensor {
  if (dtype === 'string')
    return Tensor.ofStrings(
      shape,
      (data as string[]).map((text) => Buffer.from(text, 'latin1')),
    )
  if (dtype === 'float16') return Tensor.of('float16', shape, toFloat16(data as Float32Array))
  const type = dtype as Tensor['dtype']
  return Tensor.of(type, shape, new (storageOf(type)!.array as Float32ArrayConstructor)(data as Float32Array))
}

/** What a computation gives, or why it cannot be. */
function computed(compute: () => Tensor[]): Tensor[] | string {
  try {
    return compute()
  } catch (error) {
    if (error instanceof GraphdefError && error.code === 'kernel-failed') return error.details.what
    throw error
  }
}

test('the ops listed as without a kernel have none', () => {
  expect([...withoutKernel].filter((op) => kernelFor(op))).toEqual([])
})

describe('whole graphs give the answers that TensorFlow gave', () => {
  const rows = models().filter(({ feeds, deterministic }) => feeds && deterministic)
  test.each(rows.map((model): [string, typeof model] => [model.name, model]))('%s', (_, model) => {
    const recorded = readNpz(model.feeds!)
    const listed = (key: string): string[] => (recorded[key]?.data ?? []) as string[]
    // Where nothing is fed, NumPy has an array of no numbers in place of names.
    const fed = recorded.feed_0 ? listed('feed_names') : []
    const feeds = new Map(fed.map((feed, index) => [feed, tensorOf(recorded[`feed_${index}`]!)]))
    const graph = readGraphDef(new Uint8Array(readFileSync(model.path)))
    const outputs = listed('out_names')
    const answers = computed(() => evaluate(graph, feeds, outputs.map(parseTensorName)))
    if (typeof answers === 'string') {
      expect(['FusedBatchNormV3', ...withoutKernel], answers).toContain(answers.split(' ')[0])
      return
    }
    for (const [index, tensor] of answers.entries()) {
      const expected = tensorOf(recorded[`out_${index}`]!)
      expect([tensor.dtype, tensor.shape], outputs[index]).toEqual([expected.dtype, expected.shape])
      expect(farthest(tensor, expected), outputs[index]).toBeLessThan(1e-5)
    }
  })
})
