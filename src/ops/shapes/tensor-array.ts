import type { Shape } from '../../graph/shape.js'
import { concatShapes, mergeShapes, withRank } from './dimensions.js'
import { elementShapeFrom } from './handles.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** What is known of a list's elements: from the input that says it again, which is believed first, and from the list. */
function element(c: ShapeContext, shapeInput: number): Shape {
  const given = elementShapeFrom(c, shapeInput)
  try {
    return mergeShapes(given, c.held(0)?.[0] ?? null)
  } catch {
    return given
  }
}

function stack(c: ShapeContext): Shape[] {
  const count = c.intAttr('num_elements') ?? -1
  return [concatShapes([count < 0 ? null : count], element(c, 1))]
}

/** Elements joined along their first axis. */
function joined(shape: Shape): Shape[] {
  return [shape === null ? null : [null, ...shape.slice(1)], [null]]
}

function gatherArray(c: ShapeContext): Shape[] {
  return [concatShapes(withRank(c.shape(1), 1), c.held(0)?.[0] ?? c.shapeAttr('element_shape'))]
}

/** Tensor arrays of all three versions, and the tensor lists that took their place. */
export const tensorArrayShapes: ShapeFunctions = {
  TensorArrayV3: () => [[2], []],
  TensorArrayGradV3: () => [[2], []],
  ...forOps('TensorArrayV2 TensorArrayGradV2', () => [[2]]),
  ...forOps('TensorArrayWriteV3 TensorArrayScatterV3 TensorArraySplitV3 TensorArraySizeV3', () => [[]]),
  ...forOps('TensorArrayWriteV2 TensorArrayScatterV2 TensorArraySplitV2 TensorArraySizeV2', () => [[]]),
  TensorArrayReadV3: (c) => [c.held(0)?.[0] ?? null],
  TensorArrayGatherV3: gatherArray,
  ...forOps('TensorArrayConcatV3 TensorArrayConcatV2', () => [null, [null]]),
  ...forOps('TensorArrayReadV2 TensorArrayGatherV2', () => [null]),
  ...forOps(
    'EmptyTensorList TensorListReserve TensorListFromTensor TensorListSplit TensorListScatter TensorListScatterV2',
    () => [[]],
  ),
  ...forOps('TensorListPushBack TensorListSetItem TensorListResize TensorListLength', () => [[]]),
  TensorListPopBack: (c) => [[], c.held(0)?.[0] ?? null],
  TensorListGetItem: (c) => [element(c, 2)],
  TensorListStack: stack,
  TensorListGather: (c) => [concatShapes(c.shape(1), element(c, 2))],
  TensorListConcat: (c) => joined(mergeShapes(c.held(0)?.[0] ?? null, c.shapeAttr('element_shape'))),
  TensorListConcatV2: (c) => joined(element(c, 1)),
}
