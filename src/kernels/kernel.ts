import { type DataType, storageOf } from '../graph/data-type.js'
import type { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { NodeAttrs } from '../ops/node-attrs.js'
import { fromBfloat16, fromFloat16 } from './half-precision.js'

/**
 * Computes one or several ops. Declared as data, so that what can be folded is known without running anything and
 * documented from here.
 */
export interface Kernel {
  readonly ops: readonly string[]
  /** The dtypes of the input that {@link dtypeInput} names, for which the kernel is right. */
  readonly dtypes: readonly DataType[]
  /** The data input whose dtype counts; 0 where not said. Ops without inputs need none. */
  readonly dtypeInput?: number
  /** How far results may lie from TensorFlow's; where not said, they are the same bit by bit. */
  readonly bound?: Bound
  /**
   * One tensor an output.
   * @throws KernelError where TensorFlow gives an error, or where its answer is not defined
   */
  run(call: KernelCall): readonly Tensor[]
}

/**
 * How far results may lie from TensorFlow's: it approximates functions, and adds in an order that depends on the processor.
 * Measured against TensorFlow 2.21, functions on 20,000 values and sums of up to 5,000 terms (a longer sum may be farther off),
 * and held against its recorded answers.
 */
export interface Bound {
  /** In units in the last place of the result's dtype; of results that are integers, their difference. */
  readonly ulp: number
  /** Whose last place: each element's own, or, as terms of a sum cancel, that of the tensor's largest element. */
  readonly of: 'element' | 'largest'
  /** The dtypes (of the input that counts) of which that holds; the kernel's others are exact. */
  readonly dtypes: readonly DataType[]
}

/** Why an op cannot be computed: the inputs are wrong, or the answer depends on the processor. */
export class KernelError extends Error {}

/** One evaluation of a node. */
export class KernelCall extends NodeAttrs {
  readonly inputs: readonly Tensor[]

  constructor(node: Node, inputs: readonly Tensor[]) {
    super(node)
    this.inputs = inputs
  }

  input(index: number): Tensor {
    const tensor = this.inputs[index]
    if (!tensor) throw new KernelError(`input ${index} is missing`)
    return tensor
  }

  /** The elements of an input of integers: an axis, a shape, paddings. */
  ints(index: number): number[] {
    return this.input(index).numbers()
  }

  /** The only element of an input. */
  scalar(index: number): number {
    const tensor = this.input(index)
    if (tensor.size !== 1) throw new KernelError(`input ${index} is ${printShape(tensor.shape)} and not a scalar`)
    return Number(loadNumbers(tensor)[0]!)
  }
}

function loadNumbers(tensor: Tensor): ArrayLike<number | bigint> {
  if (tensor.dtype === 'float16') return fromFloat16(tensor.values() as Uint16Array)
  if (tensor.dtype === 'bfloat16') return fromBfloat16(tensor.values() as Uint16Array)
  return tensor.values()
}

export const integers: readonly DataType[] = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64']
export const floats: readonly DataType[] = ['float32', 'float64', 'float16', 'bfloat16']
export const quantized: readonly DataType[] = ['qint8', 'quint8', 'qint16', 'quint16', 'qint32']
export const numbers: readonly DataType[] = [...floats, ...integers]
/** The floats that are computed with as they are. */
export const wide: readonly DataType[] = ['float32', 'float64']
export const halves: readonly DataType[] = ['float16', 'bfloat16']
export const complexes: readonly DataType[] = ['complex64', 'complex128']

/** A bound of each element for itself. */
export function ulpOfElement(ulp: number, dtypes: readonly DataType[] = floats): Bound {
  return { ulp, of: 'element', dtypes }
}

/** A bound that is the same for all elements, as that of a sum. */
export function ulpOfLargest(ulp: number, dtypes: readonly DataType[] = floats): Bound {
  return { ulp, of: 'largest', dtypes }
}

/** Every dtype whose elements are stored, strings included: what is only moved may be anything. */
export const movable: readonly DataType[] = [...numbers, ...quantized, 'bool', 'complex64', 'complex128', 'string']

/** Whether elements are held as BigInt. */
export function isBigInt(dtype: DataType): boolean {
  const array = storageOf(dtype)?.array
  return array === BigInt64Array || array === BigUint64Array
}

export function isFloat(dtype: DataType): boolean {
  return floats.includes(dtype)
}

/** An axis counted from 0. */
export function axisOf(axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis
  if (resolved < 0 || resolved >= rank) throw new KernelError(`there is no axis ${axis} in a tensor of rank ${rank}`)
  return resolved
}

/** Math.max for BigInt. */
export function maxBigInt(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}

/** Math.min for BigInt. */
export function minBigInt(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

/** How far results of a kernel in a dtype may lie from TensorFlow's; undefined where they are the same bit by bit. */
export function boundOf(kernel: Kernel, dtype: DataType): Bound | undefined {
  return kernel.bound?.dtypes.includes(dtype) ? kernel.bound : undefined
}
