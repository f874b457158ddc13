import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { layoutOf } from '../ops/shapes/convolution.js'
import { broadcastShape, broadcastStrides } from './broadcast.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { floats, halves, type Kernel, type KernelCall, KernelError, ulpOfLargest, wide } from './kernel.js'

/** Softmax over the last axis, in double and rounded at the end. */
function softmax(call: KernelCall, logarithm: boolean): Tensor[] {
  const input = call.input(0)
  const values = loadFlushed(input) as Float64Array
  const result = resultArray(input.dtype, input.size) as Float64Array
  const size = input.shape.at(-1) ?? 1
  for (let start = 0; start < values.length; start += size) {
    const row = values.subarray(start, start + size)
    let largest = Number.NEGATIVE_INFINITY
    for (const value of row) largest = Math.max(largest, value)
    let total = 0
    for (const value of row) total += Math.exp(value - largest)
    for (const [index, value] of row.entries()) {
      const shifted = value - largest
      result[start + index] = logarithm ? shifted - Math.log(total) : Math.exp(shifted) / total
    }
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

/** Of each row, minus the logarithm of what softmax gives to the labels, and the gradient of that. */
function crossEntropy(call: KernelCall): Tensor[] {
  const [logits, labels] = [call.input(0), call.input(1)]
  const isSparse = call.node.op === 'SparseSoftmaxCrossEntropyWithLogits'
  const shape = isSparse ? logits.shape : broadcastShape(logits.shape, labels.shape)
  if (shape.length !== 2) throw new KernelError('the logits are no matrix')
  const [rows, classes] = shape as [number, number]
  const values = loadFlushed(logits) as Float64Array
  const steps = broadcastStrides(logits.shape, shape)
  const wanted = isSparse ? oneHotLabels(labels, classes) : spreadLabels(labels, shape)
  const losses = resultArray(logits.dtype, rows) as Float64Array
  const gradient = resultArray(logits.dtype, rows * classes) as Float64Array
  for (let row = 0; row < rows; row++) {
    const at = (column: number): number => values[row * steps[0]! + column * steps[1]!]!
    let largest = Number.NEGATIVE_INFINITY
    for (let column = 0; column < classes; column++) largest = Math.max(largest, at(column))
    let total = 0
    for (let column = 0; column < classes; column++) total += Math.exp(at(column) - largest)
    let loss = 0
    for (let column = 0; column < classes; column++) {
      const index = row * classes + column
      if (wanted[index] !== 0) loss += wanted[index]! * (Math.log(total) - (at(column) - largest))
      gradient[index] = Math.exp(at(column) - largest) / total - wanted[index]!
    }
    losses[row] = loss
  }
  return [storeFlushed(logits.dtype, [rows], losses), storeFlushed(logits.dtype, shape, gradient)]
}

function oneHotLabels(labels: Tensor, classes: number): Float64Array {
  const wanted = new Float64Array(labels.size * classes)
  for (const [row, label] of labels.numbers().entries()) {
    if (label < 0 || label >= classes) throw new KernelError(`there is no class ${label}`)
    wanted[row * classes + label] = 1
  }
  return wanted
}

function spreadLabels(labels: Tensor, shape: readonly number[]): Float64Array {
  const values = loadFlushed(labels) as Float64Array
  const [down, across] = broadcastStrides(labels.shape, shape) as [number, number]
  const [rows, classes] = shape as [number, number]
  return Float64Array.from({ length: rows * classes }, (_, index) => {
    return values[Math.floor(index / classes) * down + (index % classes) * across]!
  })
}

/** Normalises with a mean and variance that are given; statistics of the batch are training, and are not computed. */
function fusedBatchNorm(call: KernelCall): Tensor[] {
  const isTraining = call.attr('is_training')
  if (isTraining?.kind === 'b' && isTraining.value) throw new KernelError('statistics of a batch are not computed')
  const input = call.input(0)
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => loadFlushed(call.input(index)) as Float32Array)
  const epsilon = call.floatAttr('epsilon') ?? Math.fround(1e-4)
  const { channel: axis } = layoutOf(call.stringAttr('data_format'), input.shape.length)
  const channels = input.shape[axis]!
  const inner = elementCount(input.shape.slice(axis + 1))
  const values = loadFlushed(input) as Float32Array
  const result = resultArray(input.dtype, input.size) as Float32Array
  const factors = Float64Array.from({ length: channels }, (_, at) => scale![at]! / Math.sqrt(variance![at]! + epsilon))
  for (let index = 0; index < values.length; index++) {
    const channel = Math.floor(index / inner) % channels
    result[index] = (values[index]! - mean![channel]!) * factors[channel]! + offset![channel]!
  }
  const statistics = [call.input(3), call.input(4), call.input(3), call.input(4)]
  const reserved = call.node.op === 'FusedBatchNormV3' ? [Tensor.of('float32', [0], new Float32Array(0))] : []
  return [storeFlushed(input.dtype, input.shape, result), ...statistics, ...reserved]
}

/** The batch norm of 2016: variance and mean are inputs, the scale may be left out. */
function oldBatchNorm(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [mean, variance, beta, gamma] = [1, 2, 3, 4].map((index) => loadFlushed(call.input(index)) as Float32Array)
  const epsilon = call.floatAttr('variance_epsilon') ?? 0
  const scaled = call.boolAttr('scale_after_normalization')
  const channels = mean!.length
  const values = loadFlushed(input) as Float32Array
  const result = resultArray(input.dtype, input.size) as Float32Array
  for (let index = 0; index < values.length; index++) {
    const channel = index % channels
    const factor = (scaled ? gamma![channel]! : 1) / Math.sqrt(variance![channel]! + epsilon)
    result[index] = (values[index]! - mean![channel]!) * factor + beta![channel]!
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

export const normalizationKernels: readonly Kernel[] = [
  { ops: ['Softmax'], dtypes: floats, bound: ulpOfLargest(8, floats), run: (call) => softmax(call, false) },
  { ops: ['LogSoftmax'], dtypes: floats, bound: ulpOfLargest(8, floats), run: (call) => softmax(call, true) },
  {
    ops: ['FusedBatchNormV2', 'FusedBatchNormV3'],
    dtypes: ['float32', ...halves],
    bound: ulpOfLargest(8),
    run: fusedBatchNorm,
  },
  { ops: ['FusedBatchNorm'], dtypes: ['float32'], bound: ulpOfLargest(8), run: fusedBatchNorm },
  {
    ops: ['BatchNormWithGlobalNormalization'],
    dtypes: [...wide, 'float16'],
    bound: ulpOfLargest(8),
    run: oldBatchNorm,
  },
  {
    ops: ['SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits'],
    dtypes: floats,
    bound: ulpOfLargest(8),
    run: crossEntropy,
  },
]
