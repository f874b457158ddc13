import type { Node } from '../../graph/node.js'
import type { Shape } from '../../graph/shape.js'
import { isStatic } from '../../graph/shape.js'
import { mergeShapes } from './dimensions.js'
import type { ShapeContext } from './shape-function.js'

/**
 * The shapes of the tensors that a handle stands for: one for a variable and for the elements of a tensor list or a
 * tensor array, two (keys and values) for a table. Undefined where nothing is known, and for outputs that are no handle.
 */
export type HeldShapes = readonly Shape[] | undefined

type HeldFunction = (context: ShapeContext) => readonly HeldShapes[]

/** What is known of the tensors behind the handles that a node gives. */
export function heldShapes(node: Node, context: ShapeContext): readonly HeldShapes[] {
  return heldFunctions[node.op]?.(context) ?? []
}

/** The shape of a list's elements, as an input gives it: any for a scalar, which is -1. */
export function elementShapeFrom(c: ShapeContext, index: number): Shape {
  return c.shape(index)?.length === 0 ? null : c.shapeFrom(index)
}

const unchanged: HeldFunction = (c) => [c.held(0)]

const toBoth: HeldFunction = (c) => [c.held(0), c.held(0)]

const sameList: HeldFunction = (c) => [c.held(0) ?? [null]]

const fromTensor: HeldFunction = (c) => {
  const tensor = c.shape(0)
  return [[mergeShapes(tensor === null ? null : tensor.slice(1), elementShapeFrom(c, 1))]]
}

const fromParts: HeldFunction = (c) => {
  const tensor = c.shape(0)
  return [[mergeShapes(tensor === null ? null : [null, ...tensor.slice(1)], elementShapeFrom(c, 1))]]
}

const tensorArray: HeldFunction = (c) => {
  const element = c.shapeAttr('element_shape')
  return [isStatic(element) || c.boolAttr('identical_element_shapes') ? [element] : undefined]
}

const scalarTable: HeldFunction = () => [[[], []]]

const heldFunctions: Readonly<Record<string, HeldFunction>> = {
  Identity: unchanged,
  StopGradient: unchanged,
  Enter: unchanged,
  Exit: unchanged,
  Switch: toBoth,
  VarHandleOp: (c) => [[c.shapeAttr('shape')]],
  TensorArrayV3: tensorArray,
  TensorArrayGradV3: unchanged,
  EmptyTensorList: (c) => [[elementShapeFrom(c, 0)]],
  TensorListReserve: (c) => [[elementShapeFrom(c, 0)]],
  TensorListFromTensor: fromTensor,
  TensorListSplit: fromParts,
  TensorListScatter: (c) => [[elementShapeFrom(c, 2)]],
  TensorListScatterV2: (c) => [[elementShapeFrom(c, 2)]],
  TensorListPushBack: sameList,
  TensorListPopBack: sameList,
  TensorListSetItem: sameList,
  TensorListResize: unchanged,
  HashTableV2: scalarTable,
  MutableHashTableV2: scalarTable,
  MutableHashTableOfTensorsV2: (c) => [[[], c.shapeAttr('value_shape')]],
  MutableDenseHashTableV2: (c) => [[c.shape(0), c.shapeAttr('value_shape')]],
}
