import type { DataType } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { loadFlushed, resultArray, roundEven, storeFlushed } from './elements.js'
import { floats, type Kernel, type KernelCall, KernelError, ulpOfLargest } from './kernel.js'
import { asAsked, channelsLast, eachCovered, planWindows, spatialAttr, type Windows, windowCount } from './windows.js'

function plan(call: KernelCall, input: Tensor, rank: number): Windows {
  const window = spatialAttr(call, 'ksize', rank, 1)
  const moved = call.intsAttr('ksize').reduce((product, size) => product * size, 1)
  if (moved !== window.reduce((product, size) => product * size, 1)) {
    throw new KernelError('pooling over batch or channels is not computed')
  }
  return planWindows(call, rank, input.shape, window)
}

/** The largest element of each window. */
function maxPool(call: KernelCall): Tensor[] {
  const rank = call.input(0).shape.length
  const input = channelsLast(call, call.input(0))
  const windows = plan(call, input, rank)
  const channels = input.shape[4]!
  const values: Numeric = loadFlushed(input)
  const result: Numeric = resultArray(input.dtype, windowCount(windows) * channels)
  const started = new Uint8Array(windowCount(windows))
  eachCovered(windows, (window, element) => {
    const first = started[window] === 0
    started[window] = 1
    for (let channel = 0; channel < channels; channel++) {
      const value = values[element * channels + channel]
      const at = window * channels + channel
      if (first || value > result[at]) result[at] = value
    }
  })
  return [asAsked(call, rank, storeFlushed(input.dtype, [input.shape[0]!, ...windows.output, channels], result))]
}

/** The mean of each window; what lies outside of the input does not count. */
function averagePool(call: KernelCall): Tensor[] {
  const rank = call.input(0).shape.length
  const input = channelsLast(call, call.input(0))
  const windows = plan(call, input, rank)
  const channels = input.shape[4]!
  const result = resultArray(input.dtype, windowCount(windows) * channels) as Float32Array
  result.set(means(windows, loadFlushed(input) as Float32Array, channels))
  return [asAsked(call, rank, storeFlushed(input.dtype, [input.shape[0]!, ...windows.output, channels], result))]
}

/** The mean of the elements that each window covers, channel by channel. */
function means(windows: Windows, values: Float32Array | Int32Array, channels: number): Float64Array {
  const totals = new Float64Array(windowCount(windows) * channels)
  const covered = new Uint32Array(windowCount(windows))
  eachCovered(windows, (window, element) => {
    covered[window]!++
    for (let channel = 0; channel < channels; channel++) {
      totals[window * channels + channel]! += values[element * channels + channel]!
    }
  })
  return totals.map((total, at) => total / covered[Math.floor(at / channels)]!)
}

/** The mean of integers, rounded to the nearest one, and of two to the even one. */
function quantizedAveragePool(call: KernelCall): Tensor[] {
  const input = channelsLast(call, call.input(0))
  const windows = plan(call, input, 4)
  const channels = input.shape[4]!
  const result = resultArray(input.dtype, windowCount(windows) * channels) as Float32Array
  result.set(means(windows, input.values() as Int32Array, channels).map(roundEven))
  const shape = [input.shape[0]!, ...windows.output.slice(1), channels]
  return [Tensor.of(input.dtype, shape, result), call.input(1), call.input(2)]
}

function quantizedMaxPool(call: KernelCall): Tensor[] {
  return [...maxPool(call), call.input(1), call.input(2)]
}

/** The volume ops take fewer dtypes than the flat ones. */
const volumes: readonly DataType[] = ['float32', 'bfloat16']

export const poolingKernels: readonly Kernel[] = [
  { ops: ['MaxPool'], dtypes: [...floats, 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16'], run: maxPool },
  { ops: ['MaxPool3D'], dtypes: volumes, run: maxPool },
  { ops: ['AvgPool'], dtypes: floats, bound: ulpOfLargest(8, floats), run: averagePool },
  { ops: ['AvgPool3D'], dtypes: volumes, bound: ulpOfLargest(8, volumes), run: averagePool },
  { ops: ['QuantizedAvgPool'], dtypes: ['quint8'], run: quantizedAveragePool },
  { ops: ['QuantizedMaxPool'], dtypes: ['quint8', 'qint8'], run: quantizedMaxPool },
]
