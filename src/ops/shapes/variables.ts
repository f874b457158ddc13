import type { Shape } from '../../graph/shape.js'
import { opDef } from '../op-defs.js'
import { mergeShapes } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** Before shapes could be unknown, a scalar was written where nothing was known. */
function oldVariable(c: ShapeContext): Shape[] {
  const shape = c.shapeAttr('shape')
  return [shape?.length === 0 ? null : shape]
}

function assign(c: ShapeContext): Shape[] {
  return [c.boolAttr('validate_shape') ? mergeShapes(c.shape(0), c.shape(1)) : c.shape(1)]
}

/** What an optimizer keeps beside a variable has the variable's shape. */
const likeVariable = new Set(
  'var accum accum_update linear m v mg ms mom gradient_accumulator gradient_squared_accumulator grad delta'.split(' '),
)

/** The variable's shape, known also from what stands beside it; a sparse gradient has rows of it only. */
function optimizer(c: ShapeContext): Shape[] {
  const inputs = opDef(c.node.op)!.inputs.map((input) => input.name)
  const isSparse = inputs.includes('indices')
  const alike = inputs.flatMap((name, index) => {
    return likeVariable.has(name) && !(isSparse && name === 'grad') ? [c.shape(index)] : []
  })
  const variable = alike.reduce<Shape>(mergeShapes, null)
  if (!isSparse) return [variable]
  const gradient = c.shape(inputs.indexOf('grad'))
  return [gradient?.length ? mergeShapes(variable, [null, ...gradient.slice(1)]) : variable]
}

const sameAsFirst = (c: ShapeContext): Shape[] => [c.shape(0)]

/** Variables, what is written to them, and optimizers: what a graph has before it is frozen. */
export const variableShapes: ShapeFunctions = {
  Variable: oldVariable,
  ...forOps('VariableV2 TemporaryVariable ImmutableConst', (c) => [c.shapeAttr('shape')]),
  DestroyTemporaryVariable: sameAsFirst,
  ...forOps('IsVariableInitialized VarHandleOp VarIsInitializedOp', () => [[]]),
  ReadVariableOp: (c) => [c.held(0)?.[0] ?? null],
  Assign: assign,
  ...forOps('AssignAdd AssignSub', (c) => [mergeShapes(c.shape(0), c.shape(1))]),
  ...forOps(
    `ScatterAdd ScatterDiv ScatterMul ScatterSub ScatterUpdate ScatterMax ScatterMin ScatterNdAdd ScatterNdSub
     ScatterNdUpdate StridedSliceAssign CountUpTo`,
    sameAsFirst,
  ),
  ...forOps(
    `ApplyAdadelta ApplyAdagrad ApplyAdagradDA ApplyAdam ApplyAddSign ApplyCenteredRMSProp ApplyFtrl ApplyFtrlV2
     ApplyGradientDescent ApplyMomentum ApplyPowerSign ApplyProximalAdagrad ApplyProximalGradientDescent ApplyRMSProp
     SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradDA SparseApplyCenteredRMSProp SparseApplyFtrl
     SparseApplyFtrlV2 SparseApplyMomentum SparseApplyProximalAdagrad SparseApplyProximalGradientDescent
     SparseApplyRMSProp`,
    optimizer,
  ),
}
