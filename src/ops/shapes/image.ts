import type { Shape } from '../../graph/shape.js'
import { type Dim, dimAt, mergeDims, withRank } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

function sizeInput(c: ShapeContext, index: number): [Dim, Dim] {
  const size = c.shapeFrom(index)
  return size === null ? [null, null] : [dimAt(size, 0), dimAt(size, 1)]
}

function resize(c: ShapeContext): Shape {
  const input = withRank(c.shape(0), 4)
  return [input[0]!, ...sizeInput(c, 1), input[3]!]
}

function cropAndResize(c: ShapeContext): Shape[] {
  const image = withRank(c.shape(0), 4)
  const boxes = withRank(c.shape(1), 2)
  const count = mergeDims(boxes[0]!, withRank(c.shape(2), 1)[0]!)
  return [[count, ...sizeInput(c, 3), image[3]!]]
}

/** How many boxes are kept is known only where the result is padded. */
function padded(c: ShapeContext): Shape {
  return [c.boolAttr('pad_to_max_output_size') ? c.dim(2) : null]
}

function projectiveTransform(c: ShapeContext): Shape[] {
  const images = withRank(c.shape(0), 4)
  return [[images[0]!, ...sizeInput(c, 2), images[3]!]]
}

/** How large a picture is stands in its file; its channels may be asked for. */
function decoded(c: ShapeContext): Shape[] {
  const channels = c.intAttr('channels') ?? 0
  return [[null, null, channels === 0 ? null : channels]]
}

export const imageShapes: ShapeFunctions = {
  ...forOps('ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor', (c) => [resize(c)]),
  QuantizedResizeBilinear: (c) => [resize(c), [], []],
  CropAndResize: cropAndResize,
  ...forOps('ImageProjectiveTransformV2 ImageProjectiveTransformV3', projectiveTransform),
  ...forOps('DecodeBmp DecodeJpeg DecodePng', decoded),
  ...forOps('AdjustContrastv2 AdjustHue AdjustSaturation', (c) => [c.shape(0)]),
  ...forOps('DrawBoundingBoxes DrawBoundingBoxesV2', (c) => [c.shape(0)]),
  ...forOps('NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3', () => [[null]]),
  NonMaxSuppressionV4: (c) => [padded(c), []],
  NonMaxSuppressionV5: (c) => [padded(c), padded(c), []],
}
