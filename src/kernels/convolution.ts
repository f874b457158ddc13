import type { DataType } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { floats, type Kernel, type KernelCall, KernelError, ulpOfLargest } from './kernel.js'
import { floatScalar, floatToQuantized, quantizedRange } from './quantization.js'
import { asAsked, channelsLast, eachCovered, planWindows, type Windows, windowCount } from './windows.js'

/** Sums in double over windows: for each window and output channel, element times weight. */
function convolve(
  windows: Windows,
  input: ArrayLike<number>,
  filter: ArrayLike<number>,
  channels: { input: number; output: number },
): Float64Array {
  const total = new Float64Array(windowCount(windows) * channels.output)
  const size = channels.input * channels.output
  eachCovered(windows, (window, element, place) => {
    const write = window * channels.output
    const read = element * channels.input
    for (let inner = 0; inner < channels.input; inner++) {
      const factor = input[read + inner]!
      const weights = place * size + inner * channels.output
      for (let outer = 0; outer < channels.output; outer++) {
        total[write + outer]! += factor * filter[weights + outer]!
      }
    }
  })
  return total
}

function roundTo(dtype: DataType, total: Float64Array): Float32Array {
  const result = resultArray(dtype, total.length) as Float32Array
  result.set(total)
  return result
}

function convolution(call: KernelCall): Tensor[] {
  const input = channelsLast(call, call.input(0))
  const filter = call.input(1)
  const rank = call.input(0).shape.length
  const window = rank === 5 ? filter.shape.slice(0, 3) : [1, ...filter.shape.slice(0, 2)]
  const [inner, outer] = filter.shape.slice(-2) as [number, number]
  if (inner !== input.shape[4]) throw new KernelError(`${input.shape[4]} channels for filters of ${inner}`)
  const windows = planWindows(call, rank, input.shape, window)
  const channels = { input: inner, output: outer }
  const total = convolve(windows, loadFlushed(input) as Float32Array, loadFlushed(filter) as Float32Array, channels)
  const shape = [input.shape[0]!, ...windows.output, outer]
  return [asAsked(call, rank, storeFlushed(input.dtype, shape, roundTo(input.dtype, total)))]
}

/** Each channel by filters of its own: the result has, for each channel, one a filter. */
function depthwise(call: KernelCall): Tensor[] {
  const input = channelsLast(call, call.input(0))
  const filter = call.input(1)
  const [height, width, inner, multiplier] = filter.shape as [number, number, number, number]
  if (inner !== input.shape[4]) throw new KernelError(`${input.shape[4]} channels for filters of ${inner}`)
  const windows = planWindows(call, 4, input.shape, [1, height, width])
  const outer = inner * multiplier
  const values = loadFlushed(input) as Float32Array
  const weights = loadFlushed(filter) as Float32Array
  const total = new Float64Array(windowCount(windows) * outer)
  eachCovered(windows, (window, element, place) => {
    for (let channel = 0; channel < outer; channel++) {
      const factor = values[element * inner + Math.floor(channel / multiplier)]!
      total[window * outer + channel]! += factor * weights[place * outer + channel]!
    }
  })
  const shape = [input.shape[0]!, ...windows.output, outer]
  return [asAsked(call, 4, storeFlushed(input.dtype, shape, roundTo(input.dtype, total)))]
}

/** The transposed convolution: what each window would have read gets the window's value. */
function transposedConvolution(call: KernelCall): Tensor[] {
  const filter = call.input(1)
  const gradient = channelsLast(call, call.input(2))
  const rank = call.input(2).shape.length
  const sizes = call.ints(0)
  if (sizes.length !== rank) throw new KernelError('the size of the result has another rank')
  const asked = channelsLast(call, Tensor.ofList('uint8', sizes, new Uint8Array(1)))
  const window = rank === 5 ? filter.shape.slice(0, 3) : [1, ...filter.shape.slice(0, 2)]
  const [inner, outer] = filter.shape.slice(-2) as [number, number]
  const windows = planWindows(call, rank, asked.shape, window)
  if (windows.output.some((size, axis) => size !== gradient.shape[axis + 1])) {
    throw new KernelError('the size of the result does not go with the input')
  }
  const values = loadFlushed(gradient) as Float32Array
  const weights = loadFlushed(filter) as Float32Array
  const total = new Float64Array(elementCount(asked.shape))
  eachCovered(windows, (window, element, place) => {
    for (let to = 0; to < inner; to++) {
      let sum = 0
      const row = (place * inner + to) * outer
      for (let from = 0; from < outer; from++) sum += values[window * outer + from]! * weights[row + from]!
      total[element * inner + to]! += sum
    }
  })
  return [asAsked(call, rank, storeFlushed(gradient.dtype, asked.shape, roundTo(gradient.dtype, total)))]
}

/** The range of products of two ranges' integers. */
export function productRange(call: KernelCall, ranges: readonly [number, number, number, number]): Tensor[] {
  const [minimumA, maximumA, minimumB, maximumB] = ranges.map((index) => call.scalar(index)) as number[]
  const level = (minimum: number, maximum: number, steps: number): number =>
    Math.fround(Math.fround(maximum - minimum) / steps)
  const a = level(minimumA!, maximumA!, quantizedRange(call.input(0).dtype).steps - 1)
  const b = level(minimumB!, maximumB!, quantizedRange(call.input(1).dtype).steps - 1)
  const product = Math.fround(a * b)
  const { lowest, highest } = quantizedRange('qint32')
  return [floatScalar(Math.fround(product * lowest)), floatScalar(Math.fround(product * Math.fround(highest)))]
}

/** Integers with the offset taken away that stands for 0. */
export function centred(tensor: Tensor, minimum: number, maximum: number): Int32Array {
  const { lowest, highest } = quantizedRange(tensor.dtype)
  const zero = Math.min(Math.max(floatToQuantized(0, tensor.dtype, minimum, maximum), lowest), highest)
  return Int32Array.from(tensor.values() as Int32Array, (value) => value - zero)
}

function quantizedConvolution(call: KernelCall): Tensor[] {
  const [input, filter] = [call.input(0), call.input(1)]
  const [height, width, inner, outer] = filter.shape as [number, number, number, number]
  const shape = input.shape.toSpliced(1, 0, 1)
  const windows = planWindows(call, 4, shape, [1, height, width])
  const values = centred(input, call.scalar(2), call.scalar(3))
  const weights = centred(filter, call.scalar(4), call.scalar(5))
  const total = convolve(windows, values, weights, { input: inner, output: outer })
  const result = Int32Array.from(total)
  const output = Tensor.of('qint32', [shape[0]!, ...windows.output.slice(1), outer], result)
  return [output, ...productRange(call, [2, 3, 4, 5])]
}

export const convolutionKernels: readonly Kernel[] = [
  { ops: ['Conv2D'], dtypes: [...floats, 'int32'], bound: ulpOfLargest(16), run: convolution },
  { ops: ['Conv3D'], dtypes: floats, bound: ulpOfLargest(16), run: convolution },
  // Not bfloat16: TensorFlow 2.21 gives zeros for most channels there.
  {
    ops: ['DepthwiseConv2dNative'],
    dtypes: ['float32', 'float64', 'float16'],
    bound: ulpOfLargest(16, floats),
    run: depthwise,
  },
  {
    ops: ['Conv2DBackpropInput'],
    dtypes: [...floats, 'int32'],
    dtypeInput: 1,
    bound: ulpOfLargest(16),
    run: transposedConvolution,
  },
  {
    ops: ['Conv3DBackpropInputV2'],
    dtypes: floats,
    dtypeInput: 1,
    bound: ulpOfLargest(16, floats),
    run: transposedConvolution,
  },
  { ops: ['QuantizedConv2D'], dtypes: ['quint8'], run: quantizedConvolution },
]
