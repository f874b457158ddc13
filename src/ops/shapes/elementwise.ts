import type { Shape } from '../../graph/shape.js'
import { broadcastShapes, mergeShapes } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

const sameAsFirst = (c: ShapeContext): Shape[] => [c.shape(0)]

function broadcastAll(c: ShapeContext): Shape[] {
  return [c.shapes.reduce(broadcastShapes)]
}

function mergeAll(c: ShapeContext): Shape[] {
  return [c.shapes.reduce(mergeShapes)]
}

function select(c: ShapeContext): Shape[] {
  return [mergeShapes(c.shape(1), c.shape(2))]
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
    `Add AddV2 ApproximateEqual Atan2 BitwiseAnd BitwiseOr BitwiseXor Complex Div DivNoNan Equal FloorDiv
     FloorMod Greater GreaterEqual Igamma Igammac LeftShift Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul
     MulNoNan NextAfter NotEqual Polygamma Pow RealDiv RightShift SelectV2 SquaredDifference Sub TruncateDiv TruncateMod
     Xdivy Xlog1py Xlogy Zeta`,
    broadcastAll,
  ),
  ...forOps('AddN AccumulateNV2 Betainc Cross', mergeAll),
  BiasAddV1: sameAsFirst,
  Select: select,
  IdentityN: (c) => c.shapes,
}
