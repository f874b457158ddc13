import { type DataType, newElements } from '../graph/data-type.js'
import { elementCount, sameShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { type BinaryFunction, binaryKernel } from './binary.js'
import { loadFlushed, storeFlushed } from './elements.js'
import { digamma, incompleteBeta, incompleteGamma, lgamma, polygamma, zeta } from './gamma-functions.js'
import { floats, type Kernel, type KernelCall, KernelError, ulpOfElement, ulpOfLargest, wide } from './kernel.js'
import { approximated, keeping } from './unary.js'

/** Three inputs of one shape, or scalars. */
function betainc(call: KernelCall): Tensor[] {
  const [first] = call.inputs.map(({ shape }) => shape).filter((shape) => shape.length > 0)
  const shape = first ?? []
  if (call.inputs.some((input) => input.shape.length > 0 && !sameShape(input.shape, shape))) {
    throw new KernelError('the shapes differ')
  }
  const { dtype } = call.input(0)
  const values = call.inputs.map((input) => loadFlushed(input) as Float64Array)
  const result = newElements(dtype, elementCount(shape)) as Float64Array
  for (let at = 0; at < result.length; at++) {
    const [a, b, x] = values.map((each) => each[each.length === 1 ? 0 : at]!) as [number, number, number]
    result[at] = incompleteBeta(a, b, x)
  }
  return [storeFlushed(dtype, shape, result)]
}

/** A product with a function of the second factor, 0 where the first is 0 whatever the function gives. */
function timesFunction(compute: (value: number) => number): BinaryFunction {
  return { float: (a, b) => (a === 0 ? 0 : a * compute(b)) }
}

const small: readonly DataType[] = ['float32', 'float16']

export const specialKernels: readonly Kernel[] = [
  keeping('Lgamma', lgamma, small),
  { ...keeping('Lgamma', lgamma, ['float64']), bound: ulpOfLargest(64, ['float64']) },
  { ...approximated('Digamma', digamma, [...small, 'float64']), bound: ulpOfLargest(64) },
  binaryKernel({ ops: ['Polygamma'], dtypes: wide, bound: ulpOfLargest(16), functions: { float: polygamma } }),
  binaryKernel({ ops: ['Zeta'], dtypes: wide, bound: ulpOfLargest(16), functions: { float: zeta } }),
  binaryKernel({
    ops: ['Igamma'],
    dtypes: wide,
    bound: ulpOfLargest(64),
    functions: { float: (a, x) => incompleteGamma(a, x).lower },
  }),
  binaryKernel({
    ops: ['Igammac'],
    dtypes: wide,
    bound: ulpOfLargest(64),
    functions: { float: (a, x) => incompleteGamma(a, x).upper },
  }),
  { ops: ['Betainc'], dtypes: wide, bound: ulpOfLargest(64), run: betainc },
  binaryKernel({ ops: ['Xlogy'], dtypes: floats, bound: ulpOfElement(4), functions: timesFunction(Math.log) }),
  binaryKernel({ ops: ['Xlog1py'], dtypes: floats, bound: ulpOfElement(4), functions: timesFunction(Math.log1p) }),
  binaryKernel({ ops: ['Xdivy'], dtypes: floats, functions: { float: (a, b) => (a === 0 ? 0 : a / b) } }),
]
