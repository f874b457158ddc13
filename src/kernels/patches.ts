import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { windowedSize } from '../ops/shapes/convolution.js'
import type { Numeric } from './broadcast.js'
import { copy, emptyLike, movableOf, partFrom, tensorOf } from './cells.js'
import { loadFlushed, reshaped, resultArray, storeFlushed } from './elements.js'
import { type Kernel, type KernelCall, KernelError, numbers, ulpOfElement } from './kernel.js'
import { eachCovered, planWindows, type Windows, windowCount } from './windows.js'

/** Windows over pictures of an op whose attributes have names of their own. */
function windowsOver(call: KernelCall, shape: readonly number[], window: readonly number[], rates: string): Windows {
  const [batch, height, width, channels] = shape as [number, number, number, number]
  const [, stepY, stepX] = call.intsAttr('strides') as [number, number, number]
  const [, rateY, rateX] = call.intsAttr(rates) as [number, number, number]
  const padding = call.stringAttr('padding')
  const along = (size: number, length: number, step: number, rate: number): [number, number] => {
    const count = windowedSize(size, length, step, rate, padding, 0)!
    const covered = (count - 1) * step + (length - 1) * rate + 1
    return [count, padding === 'SAME' ? Math.floor(Math.max(covered - size, 0) / 2) : 0]
  }
  const [rows, above] = along(height, window[0]!, stepY, rateY)
  const [columns, beside] = along(width, window[1]!, stepX, rateX)
  return {
    input: [batch, 1, height, width, channels],
    output: [1, rows, columns],
    window: [1, ...window],
    strides: [1, stepY, stepX],
    dilations: [1, rateY, rateX],
    before: [0, above, beside],
  }
}

/** The elements of each window as one row of channels; zeros outside of the picture. */
function extractPatches(call: KernelCall): Tensor[] {
  const input = call.input(0)
  if (input.shape.length !== 4) throw new KernelError('pictures have four axes')
  const window = call.intsAttr('ksizes').slice(1, 3)
  const windows = windowsOver(call, input.shape, window, 'rates')
  const channels = input.shape[3]!
  const places = elementCount(window)
  const source = movableOf(reshaped(input, [input.size / Math.max(channels, 1), channels]))
  const shape = [input.shape[0]!, ...windows.output.slice(1), places * channels]
  const result = emptyLike(input, [windowCount(windows) * places, channels])
  eachCovered(windows, (window, element, place) => {
    copy([1, channels], partFrom(source, [element]), partFrom(result, [window * places + place]))
  })
  return [tensorOf(input, shape, result)]
}

/** The largest sum of an element and the filter's value at its place. */
function dilate(call: KernelCall): Tensor[] {
  const [input, filter] = [call.input(0), call.input(1)]
  const windows = windowsOver(call, input.shape, filter.shape.slice(0, 2), 'rates')
  const channels = input.shape[3]!
  const [values, added]: Numeric[] = [loadFlushed(input), loadFlushed(filter)]
  const result: Numeric = resultArray(input.dtype, windowCount(windows) * channels)
  const one: Numeric = resultArray(input.dtype, 1)
  const started = new Uint8Array(windowCount(windows))
  eachCovered(windows, (window, element, place) => {
    const first = started[window] === 0
    started[window] = 1
    for (let channel = 0; channel < channels; channel++) {
      one[0] = values[element * channels + channel] + added[place * channels + channel]
      const at = window * channels + channel
      if (first || one[0] > result[at]) result[at] = one[0]
    }
  })
  return [storeFlushed(input.dtype, [input.shape[0]!, ...windows.output.slice(1), channels], result)]
}

/** The largest element of each window, and where it stands; of equal ones the first. */
function maxPoolWithPlace(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [batch, height, width, channels] = input.shape as [number, number, number, number]
  const [, windowHeight, windowWidth] = call.intsAttr('ksize') as [number, number, number]
  const windows = planWindows(call, 4, [batch, 1, height, width, channels], [1, windowHeight, windowWidth])
  const values: Numeric = loadFlushed(input)
  const count = windowCount(windows) * channels
  const result: Numeric = resultArray(input.dtype, count)
  const places = new Array<number>(count).fill(-1)
  eachCovered(windows, (window, element) => {
    for (let channel = 0; channel < channels; channel++) {
      const at = window * channels + channel
      const from = element * channels + channel
      if (places[at] !== -1 && !(values[from] > result[at])) continue
      result[at] = values[from]
      places[at] = from
    }
  })
  const perPicture = height * width * channels
  const told = call.boolAttr('include_batch_in_index') ? places : places.map((place) => place % perPicture)
  const shape = [batch, ...windows.output.slice(1), channels]
  const isInt = call.typeAttr('Targmax') === 'int32'
  return [
    storeFlushed(input.dtype, shape, result),
    isInt
      ? Tensor.of('int32', shape, Int32Array.from(told))
      : Tensor.of('int64', shape, BigInt64Array.from(told, BigInt)),
  ]
}

/** Each element over a power of the squares of its neighbours among the channels. */
function localResponse(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const radius = call.intAttr('depth_radius') ?? 5
  const [bias, alpha, beta] = [
    ['bias', 1],
    ['alpha', 1],
    ['beta', 0.5],
  ].map(([name, otherwise]) => call.floatAttr(name as string) ?? (otherwise as number)) as [number, number, number]
  const channels = input.shape[3]!
  const values = loadFlushed(input) as Float32Array
  const result = resultArray(input.dtype, input.size) as Float32Array
  for (let base = 0; base < values.length; base += channels) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0
      const end = Math.min(channel + radius + 1, channels)
      for (let at = Math.max(channel - radius, 0); at < end; at++) sum += values[base + at]! ** 2
      result[base + channel] = values[base + channel]! * (bias + alpha * sum) ** -beta
    }
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

export const patchKernels: readonly Kernel[] = [
  { ops: ['ExtractImagePatches'], dtypes: [...numbers, 'complex64', 'complex128'], run: extractPatches },
  { ops: ['Dilation2D'], dtypes: numbers, run: dilate },
  { ops: ['MaxPoolWithArgmax'], dtypes: numbers, run: maxPoolWithPlace },
  { ops: ['LRN'], dtypes: ['float32', 'float16'], bound: ulpOfElement(4), run: localResponse },
]
