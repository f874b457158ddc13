import type { Shape } from '../../graph/shape.js'
import { arrayShapes, concat } from './array.js'
import { convolutionShapes } from './convolution.js'
import { broadcastShapes, type Dim, mergeDims, withRank } from './dimensions.js'
import { linearAlgebraShapes } from './linear-algebra.js'
import { forOps, type ShapeContext, type ShapeFunction, type ShapeFunctions } from './shape-function.js'

/** The shape of the plain op, and the scalars of the result's range beside it. */
function withRange(infer: ShapeFunction): ShapeFunction {
  return (c) => [infer(c)[0] ?? null, [], []]
}

const sameAsFirst: ShapeFunction = (c) => [c.shape(0)]

/** Ranges are scalars, or vectors where there is one an index of an axis. */
function quantizeV2(c: ShapeContext): Shape[] {
  const axis = c.intAttr('axis') ?? -1
  const range: Shape = axis === -1 ? [] : [c.shape(0)?.[axis] ?? null]
  return [c.shape(0), range, range]
}

/** The last size is known also from vectors of one value a channel. */
function withChannels(shape: Shape, sizes: readonly Dim[]): Shape {
  if (shape === null) return null
  return [...shape.slice(0, -1), sizes.reduce(mergeDims, shape.at(-1) ?? null)]
}

/** Mean, variance, beta and gamma, each with its range behind it. */
function batchNorm(c: ShapeContext): Shape[] {
  const vectors = [3, 6, 9, 12].map((index): Dim => c.shape(index)?.[0] ?? null)
  return [withChannels(withRank(c.shape(0), 4), vectors)]
}

/** Inputs that come with ranges: of N tensors, N smallest and N largest values. */
function concatOfRanges(c: ShapeContext): Shape[] {
  return concat(c, 1, (c.inputCount - 1) / 3, 0)
}

export const quantizedShapes: ShapeFunctions = {
  ...forOps('Dequantize FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars', sameAsFirst),
  FakeQuantWithMinMaxVarsPerChannel: sameAsFirst,
  QuantizeV2: quantizeV2,
  ...forOps(
    'QuantizedRelu QuantizedRelu6 QuantizedReluX QuantizedInstanceNorm Requantize QuantizeDownAndShrinkRange',
    withRange(sameAsFirst),
  ),
  QuantizedBiasAdd: withRange((c) => [withChannels(c.shape(0), [c.shape(1)?.[0] ?? null])]),
  QuantizedBatchNormWithGlobalNormalization: withRange(batchNorm),
  RequantizationRange: () => [[], []],
  ...forOps(
    'QuantizedAdd QuantizedMul',
    withRange((c) => [broadcastShapes(c.shape(0), c.shape(1))]),
  ),
  QuantizedMatMul: withRange(linearAlgebraShapes.MatMul!),
  QuantizedConv2D: withRange(convolutionShapes.Conv2D!),
  ...forOps('QuantizedMaxPool QuantizedAvgPool', withRange(convolutionShapes.MaxPool!)),
  QuantizedReshape: withRange(arrayShapes.Reshape!),
  QuantizedConcat: withRange(concatOfRanges),
}
