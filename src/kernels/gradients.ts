import type { DataType } from '../graph/data-type.js'
import { sameShape } from '../graph/shape.js'
import { type BinaryFunction, binaryKernel } from './binary.js'
import { rounderOf } from './elements.js'
import { type Bound, floats, type Kernel, KernelError, numbers, ulpOfElement } from './kernel.js'

const seluScale = 1.0507009873554805
const seluScaledAlpha = 1.7580993408473768

/** The gradient of a function of one element, from the gradient behind it; both of one shape. */
function gradient(op: string, functions: BinaryFunction, dtypes: readonly DataType[] = floats, bound?: Bound): Kernel {
  const kernel = binaryKernel({ ops: [op], dtypes, ...(bound && { bound }), functions })
  return {
    ...kernel,
    run(call) {
      if (!sameShape(call.input(0).shape, call.input(1).shape)) throw new KernelError('the shapes differ')
      return kernel.run(call)
    },
  }
}

/** Passes a gradient on where a test holds. */
function gate(isOpen: (feature: number) => boolean): BinaryFunction {
  return {
    // A product, so that what is infinite behind a closed gate is undefined.
    float: (gradients, feature) => gradients * (isOpen(feature) ? 1 : 0),
    int: (gradients, feature) => (isOpen(feature) ? gradients : 0),
    bigint: (gradients, feature) => (isOpen(Number(feature)) ? gradients : 0n),
  }
}

function leakyRelu(): Kernel {
  return {
    ...gradient('LeakyReluGrad', {}, floats),
    run(call) {
      const { dtype } = call.input(0)
      const alpha = rounderOf(dtype)(call.floatAttr('alpha') ?? Math.fround(0.2))
      return gradient('LeakyReluGrad', {
        float: (gradients, feature) => (feature > 0 ? gradients : gradients * alpha),
      }).run(call)
    },
  }
}

/** What training leaves in a graph: gradients of activations and of functions of one element. */
export const gradientKernels: readonly Kernel[] = [
  gradient(
    'ReluGrad',
    gate((feature) => feature > 0),
    numbers,
  ),
  gradient(
    'Relu6Grad',
    gate((feature) => feature > 0 && feature < 6),
    numbers,
  ),
  leakyRelu(),
  gradient(
    'EluGrad',
    { steps: (gradients, output, round) => (output < 0 ? round(output + 1) * gradients : gradients) },
    floats,
    ulpOfElement(2),
  ),
  gradient(
    'SeluGrad',
    {
      steps: (gradients, output, round) =>
        output < 0 ? gradients * round(output + round(seluScaledAlpha)) : gradients * round(seluScale),
    },
    floats,
    ulpOfElement(2),
  ),
  // The first input is what the function gave, the second the gradient behind it.
  gradient(
    'SigmoidGrad',
    { steps: (y, gradients, round) => round(gradients * y) * round(1 - y) },
    floats,
    ulpOfElement(2),
  ),
  gradient(
    'TanhGrad',
    { steps: (y, gradients, round) => gradients * round(1 - round(y * y)) },
    floats,
    ulpOfElement(2),
  ),
  gradient('SqrtGrad', { steps: (y, gradients, round) => round(0.5 * gradients) / y }, floats, ulpOfElement(2)),
  gradient(
    'RsqrtGrad',
    { steps: (y, gradients, round) => round(-0.5 * round(gradients * y)) * round(y * y) },
    floats,
    ulpOfElement(4),
  ),
  gradient(
    'ReciprocalGrad',
    { steps: (y, gradients, round) => round(-round(y * y)) * gradients },
    floats,
    ulpOfElement(4),
  ),
  gradient('InvGrad', { steps: (y, gradients, round) => round(-round(y * y)) * gradients }, floats, ulpOfElement(4)),
  gradient(
    'SoftplusGrad',
    { float: (gradients, feature) => gradients / (Math.exp(-feature) + 1) },
    floats,
    ulpOfElement(4),
  ),
  gradient(
    'SoftsignGrad',
    { steps: (gradients, feature, round) => gradients / round(round(1 + Math.abs(feature)) ** 2) },
    floats,
    ulpOfElement(4),
  ),
]
