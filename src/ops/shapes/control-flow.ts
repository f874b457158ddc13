import { isStatic, type Shape } from '../../graph/shape.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** What all branches agree on: within a loop one of them is not known yet, and so neither is the result. */
function merge(c: ShapeContext): Shape[] {
  const [first, ...others] = c.shapes
  let merged: Shape = first ?? null
  for (const shape of others) {
    if (merged === null || shape === null || shape.length !== merged.length) merged = null
    else merged = merged.map((size, axis) => (size === shape[axis] ? size : null))
  }
  return [merged, []]
}

/** One of several tensors: known where all are known to be alike. */
function refSelect(c: ShapeContext): Shape[] {
  const [first, ...others] = c.shapes.slice(1)
  if (!first || !isStatic(first)) return [null]
  const isAlike = (shape: Shape): boolean =>
    isStatic(shape) && shape.length === first.length && shape.every((size, axis) => size === first[axis])
  return [others.every(isAlike) ? first : null]
}

function declared(c: ShapeContext): Shape[] {
  const shapes = c.shapesAttr('output_shapes')
  // A loop without that attribute keeps the shapes of what goes in.
  if (shapes.length === 0 && c.node.op.endsWith('While')) return [...c.shapes]
  return Array.from({ length: c.outputCount }, (_, index) => shapes[index] ?? null)
}

/** Since GraphDef version 24 a scalar is a scalar; before, it was written where nothing was known. */
function placeholder(c: ShapeContext): Shape[] {
  const shape = c.shapeAttr('shape')
  return [shape?.length === 0 && c.producer < 24 ? null : shape]
}

export const controlFlowShapes: ShapeFunctions = {
  Placeholder: placeholder,
  // What is fed need not have the default's shape.
  ...forOps('PlaceholderV2 PlaceholderWithDefault', (c) => [c.shapeAttr('shape')]),
  ...forOps('Switch RefSwitch', (c) => [c.shape(0), c.shape(0)]),
  ...forOps('Merge RefMerge', merge),
  RefEnter: (c) => [c.shape(0)],
  Enter: (c) => [c.boolAttr('is_constant') ? c.shape(0) : null],
  ...forOps('Exit RefExit', (c) => [c.shape(0)]),
  RefSelect: refSelect,
  ...forOps('RefIdentity RefNextIteration DebugGradientRefIdentity _HostCast', (c) => [c.shape(0)]),
  LoopCond: () => [[]],
  ...forOps('If StatelessIf While StatelessWhile Case StatelessCase IteratorGetNext', declared),
  ...forOps('IteratorFromStringHandle GetSessionHandle GetSessionHandleV2 Timestamp', () => [[]]),
  _ParallelConcatStart: (c) => [c.shapeAttr('shape')],
  _ParallelConcatUpdate: (c) => [c.shape(0)],
}
