import type { Shape } from '../../graph/shape.js'
import { broadcastShapes, type Dim, dimAt, mergeButScalars, mergeDims, mergeShapes, withDim } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

const sameAsFirst = (c: ShapeContext): Shape[] => [c.shape(0)]

function broadcastAll(c: ShapeContext): Shape[] {
  return [c.shapes.reduce(broadcastShapes)]
}

function mergeAll(c: ShapeContext): Shape[] {
  return [c.shapes.reduce(mergeShapes)]
}

/** Shapes that do not go together compare as false where that is asked for: a scalar. */
function equal(c: ShapeContext): Shape[] {
  const [a, b] = [c.shape(0), c.shape(1)]
  if (a === null || b === null) return [null]
  if (c.attr('incompatible_shape_error')?.value !== false) return [broadcastShapes(a, b)]
  const fromEnd = (shape: readonly Dim[], axis: number): Dim => (axis < shape.length ? shape.at(-1 - axis)! : 1)
  const pairs = Array.from({ length: Math.max(a.length, b.length) }, (_, axis) => [fromEnd(a, axis), fromEnd(b, axis)])
  if (pairs.some(([m, n]) => m !== 1 && n !== 1 && m !== null && n !== null && m !== n)) return [[]]
  return [pairs.some(([m, n]) => m !== 1 && n !== 1 && (m === null || n === null)) ? null : broadcastShapes(a, b)]
}

/** The shape, its last size known also from elsewhere. */
function withLast(shape: Shape, size: Dim): Shape {
  return shape === null ? null : withDim(shape, -1, mergeDims(dimAt(shape, -1), size))
}

function select(c: ShapeContext): Shape[] {
  const data = mergeShapes(c.shape(1), c.shape(2))
  const condition = c.shape(0)
  // A scalar chooses the whole, a vector rows.
  return [data !== null && condition !== null && condition.length > 1 ? mergeShapes(data, condition) : data]
}

/** Ops that give one output of their first input's shape, and ops whose inputs are broadcast together. */
export const elementwiseShapes: ShapeFunctions = {
  ...forOps(
    `Abs Acos Acosh Asin Asinh Atan Atanh BesselI0e BesselI1e Cast Ceil CheckNumerics CheckNumericsV2 ClipByValue
     ComplexAbs Conj Cos Cosh DataFormatDimMap DataFormatVecPermute DebugGradientIdentity DeepCopy Digamma Elu Erf Erfc
     Erfinv Exp Expm1 Floor Identity Imag Inv Invert IsFinite IsInf IsNan LeakyRelu Lgamma Log Log1p LogicalNot
     LogSoftmax Ndtri Neg NextIteration OnesLike PopulationCount PreventGradient Print PrintV2
     Real Reciprocal Relu Relu6 Rint Round Rsqrt Selu Sigmoid Sign Sin Sinh Snapshot Softmax Softplus Softsign Sqrt
     Square StopGradient Tan Tanh ZerosLike`,
    sameAsFirst,
  ),
  ...forOps(
    `Add AddV2 Atan2 BitwiseAnd BitwiseOr BitwiseXor Complex Div DivNoNan FloorDiv
     FloorMod Greater GreaterEqual Igamma Igammac LeftShift Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul
     MulNoNan NextAfter Polygamma Pow RealDiv RightShift SelectV2 SquaredDifference Sub TruncateDiv TruncateMod
     Xdivy Xlog1py Xlogy Zeta`,
    broadcastAll,
  ),
  ...forOps('Equal NotEqual', equal),
  ...forOps('AddN ApproximateEqual Cross', mergeAll),
  Betainc: (c) => [mergeButScalars(c.shapes)],
  AccumulateNV2: (c) => [c.shapeAttr('shape')],
  ...forOps('HSVToRGB RGBToHSV', (c) => [withLast(c.shape(0), 3)]),
  BiasAddV1: (c) => [withLast(c.shape(0), c.shape(1)?.[0] ?? null)],
  Select: select,
  IdentityN: (c) => c.shapes,
}
