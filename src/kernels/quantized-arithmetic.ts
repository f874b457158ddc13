import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { broadcastShape, combine } from './broadcast.js'
import { centred, productRange } from './convolution.js'
import { type Kernel, type KernelCall, KernelError, ulpOfElement } from './kernel.js'
import { concat } from './movement.js'
import {
  floatScalar,
  floatScale,
  floatToQuantized,
  quantizedArray,
  quantizedRange,
  quantizedToFloat,
  quantizer,
} from './quantization.js'

/** A product of matrices of eight bits in 32 bits, and the range those stand for. */
function quantizedMatMul(call: KernelCall): Tensor[] {
  const [a, b] = [call.input(0), call.input(1)]
  const [flipA, flipB] = [call.boolAttr('transpose_a'), call.boolAttr('transpose_b')]
  const [rowsA, columnsA] = a.shape as [number, number]
  const [rowsB, columnsB] = b.shape as [number, number]
  const [rows, inner] = flipA ? [columnsA, rowsA] : [rowsA, columnsA]
  const columns = flipB ? rowsB : columnsB
  if (inner !== (flipB ? columnsB : rowsB)) throw new KernelError('the matrices do not go together')
  const left = centred(a, call.scalar(2), call.scalar(3))
  const right = centred(b, call.scalar(4), call.scalar(5))
  const result = new Int32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let total = 0
      for (let at = 0; at < inner; at++) {
        const x = left[flipA ? at * rows + row : row * inner + at]!
        total += x * right[flipB ? column * inner + at : at * columns + column]!
      }
      result[row * columns + column] = total
    }
  }
  return [Tensor.of('qint32', [rows, columns], result), ...productRange(call, [2, 3, 4, 5])]
}

/**
 * Both sides go to a range that is far wider than either, in 32 bits, and are added there. A step of a side is rounded
 * once and multiplied then, so that errors grow with the distance from 0.
 * (tensorflow/core/kernels/quantized_add_op.cc)
 */
function quantizedAdd(call: KernelCall): Tensor[] {
  const [x, y] = [call.input(0), call.input(1)]
  const [minimumX, maximumX, minimumY, maximumY] = [2, 3, 4, 5].map((index) => call.scalar(index)) as number[]
  const widest = Math.max(Math.abs(Math.min(minimumX!, minimumY!)), Math.abs(Math.max(maximumX!, maximumY!)))
  const range = Math.fround(widest * 2 ** 14)
  const { lowest, highest } = quantizedRange('qint32')
  const widened = (tensor: Tensor, minimum: number, maximum: number): Int32Array => {
    const wide = (value: number): number =>
      floatToQuantized(quantizedToFloat(value, tensor.dtype, minimum, maximum), 'qint32', -range, range)
    const first = wide(0)
    const step = wide(1) - first
    return Int32Array.from(tensor.values() as Int32Array, (value) => {
      const moved = tensor.size === 1 ? wide(value) : first + value * step
      return Math.min(Math.max(moved, lowest), highest)
    })
  }
  const shape = broadcastShape(x.shape, y.shape)
  const result = new Int32Array(elementCount(shape))
  const left = { values: widened(x, minimumX!, maximumX!), shape: x.shape }
  const right = { values: widened(y, minimumY!, maximumY!), shape: y.shape }
  combine(result, shape, left, right, (a: number, b: number) => a + b)
  return [Tensor.of('qint32', shape, result), floatScalar(-range), floatScalar(range)]
}

/** Products of integers without their offsets, in 32 bits. */
function quantizedMultiply(call: KernelCall): Tensor[] {
  const [x, y] = [call.input(0), call.input(1)]
  const shape = broadcastShape(x.shape, y.shape)
  const result = new Int32Array(elementCount(shape))
  const left = { values: centred(x, call.scalar(2), call.scalar(3)), shape: x.shape }
  const right = { values: centred(y, call.scalar(4), call.scalar(5)), shape: y.shape }
  combine(result, shape, left, right, (a: number, b: number) => a * b)
  return [Tensor.of('qint32', shape, result), ...productRange(call, [2, 3, 4, 5])]
}

/** A vector added along the last axis, over floats, in a range that is far wider than either. */
function quantizedBias(call: KernelCall): Tensor[] {
  const [input, bias] = [call.input(0), call.input(1)]
  const bounds = [2, 3, 4, 5].map((index) => call.scalar(index)) as [number, number, number, number]
  const range = Math.fround(Math.max(...bounds.map(Math.abs)) * 2 ** 17)
  const quantize = quantizer('qint32', -range, range)
  const first = toFloats(input, bounds[0], bounds[1])
  const second = toFloats(bias, bounds[2], bounds[3])
  if (input.shape.at(-1) !== second.length)
    throw new KernelError(`${second.length} biases for ${input.shape.at(-1)} channels`)
  const result = Int32Array.from(first, (value, at) => quantize(Math.fround(value + second[at % second.length]!)))
  return [Tensor.of('qint32', input.shape, result), floatScalar(-range), floatScalar(range)]
}

function toFloats(tensor: Tensor, minimum: number, maximum: number): Float32Array {
  const { zero, step } = floatScale(tensor.dtype, minimum, maximum)
  return Float32Array.from(tensor.values() as Int32Array, (value) => zero + Math.fround(value * step))
}

/** Tensors of several ranges joined in one that holds them all and 0. */
function quantizedConcat(call: KernelCall): Tensor[] {
  const count = (call.inputs.length - 1) / 3
  const parts = call.inputs.slice(1, 1 + count)
  const minimums = parts.map((_, at) => call.scalar(1 + count + at))
  const maximums = parts.map((_, at) => call.scalar(1 + 2 * count + at))
  const dtype = parts[0]!.dtype
  let [minimum, maximum] = [Math.min(0, ...minimums), Math.max(...maximums)]
  if (dtype === 'qint32') {
    maximum = Math.max(maximum, -minimum)
    minimum = -maximum
  }
  const quantize = quantizer(dtype, minimum, maximum)
  const moved = parts.map((part, at) => {
    if (minimums[at] === minimum && maximums[at] === maximum) return part
    const values = toFloats(part, minimums[at]!, maximums[at]!)
    const result = quantizedArray(dtype, part.size)
    for (const [index, value] of values.entries()) result[index] = quantize(value)
    return Tensor.of(dtype, part.shape, result)
  })
  return [...concat(moved, call.scalar(0)), floatScalar(minimum), floatScalar(maximum)]
}

export const quantizedArithmeticKernels: readonly Kernel[] = [
  { ops: ['QuantizedMul'], dtypes: ['quint8'], run: quantizedMultiply },
  { ops: ['QuantizedBiasAdd'], dtypes: ['quint8'], bound: ulpOfElement(1, ['quint8']), run: quantizedBias },
  { ops: ['QuantizedConcat'], dtypes: ['quint8', 'qint32'], dtypeInput: 1, run: quantizedConcat },
  { ops: ['QuantizedMatMul'], dtypes: ['quint8'], run: quantizedMatMul },
  { ops: ['QuantizedAdd'], dtypes: ['quint8'], run: quantizedAdd },
]
