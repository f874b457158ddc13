import type { Tensor } from '../graph/tensor.js'
import { loadFlushed, resultArray, rounderOf, storeFlushed } from './elements.js'
import { floats, type Kernel, type KernelCall, KernelError, ulpOfLargest } from './kernel.js'

type Colour = readonly [number, number, number]

/** Changes each colour of the last axis. */
function eachColour(input: Tensor, change: (colour: Colour) => Colour): Tensor {
  if (input.shape.at(-1) !== 3) throw new KernelError('the last axis has no three colours')
  const values = loadFlushed(input) as Float32Array
  const result = resultArray(input.dtype, input.size) as Float32Array
  for (let at = 0; at < values.length; at += 3) result.set(change([values[at]!, values[at + 1]!, values[at + 2]!]), at)
  return storeFlushed(input.dtype, input.shape, result)
}

/** Hue as a part of the circle, saturation, and value. */
function toHsv([red, green, blue]: Colour): Colour {
  const value = Math.max(red, green, blue)
  const range = value - Math.min(red, green, blue)
  const saturation = value > 0 ? range / value : 0
  if (range <= 0) return [0, saturation, value]
  const unit = 1 / (6 * range)
  const hue =
    red === value ? unit * (green - blue) : green === value ? unit * (blue - red) + 1 / 3 : unit * (red - green) + 2 / 3
  return [hue < 0 ? hue + 1 : hue, saturation, value]
}

function toRgb([hue, saturation, value]: Colour): Colour {
  const place = hue * 6
  const clamp = (part: number): number => Math.min(Math.max(part, 0), 1)
  const parts = [Math.abs(place - 3) - 1, 2 - Math.abs(place - 2), 2 - Math.abs(place - 4)].map(clamp)
  return parts.map((part) => (1 - saturation + saturation * part) * value) as unknown as Colour
}

function rgbToHsv(call: KernelCall): Tensor[] {
  return [eachColour(call.input(0), toHsv)]
}

function hsvToRgb(call: KernelCall): Tensor[] {
  return [eachColour(call.input(0), toRgb)]
}

/** Which of red, green and blue is the lowest, the middle and the highest in each sixth of the circle. */
const sixths: readonly (readonly [number, number, number])[] = [
  [2, 1, 0],
  [2, 0, 1],
  [0, 2, 1],
  [0, 1, 2],
  [1, 0, 2],
  [1, 2, 0],
]

/** The sixth that a colour lies in. */
function sixthOf([red, green, blue]: Colour): number {
  if (red < green) return blue < red ? 1 : blue > green ? 3 : 2
  return blue < green ? 0 : blue > red ? 4 : 5
}

/**
 * Turns the circle of hues: the lowest and the highest of the three stay as values and change their places, the middle one
 * keeps its share. (tensorflow/core/kernels/image/adjust_hue_op.cc)
 */
function adjustHue(call: KernelCall): Tensor[] {
  const turn = call.scalar(1)
  return [
    eachColour(call.input(0), (colour) => {
      const sixth = sixthOf(colour)
      const [low, middle, high] = sixths[sixth]!.map((channel) => colour[channel]!) as [number, number, number]
      const share = (middle - low) / (high - low)
      const hue = low === high ? 0 : sixth + (sixth % 2 === 0 ? share : 1 - share)
      const turned = (((hue + turn * 6) % 6) + 6) % 6
      const target = Math.floor(turned)
      const rest = turned - target
      const result: [number, number, number] = [0, 0, 0]
      const places = sixths[target]!
      result[places[0]] = low
      result[places[1]] = low + (target % 2 === 0 ? rest : 1 - rest) * (high - low)
      result[places[2]] = high
      return result
    }),
  ]
}

function adjustSaturation(call: KernelCall): Tensor[] {
  const factor = call.scalar(1)
  return [
    eachColour(call.input(0), (colour) => {
      const [hue, saturation, value] = toHsv(colour)
      return toRgb([hue, Math.min(Math.max(saturation * factor, 0), 1), value])
    }),
  ]
}

/** Moves each channel away from, or to, its mean over a picture. */
function adjustContrast(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const factor = call.scalar(1)
  const [height, width, channels] = input.shape.slice(-3) as [number, number, number]
  const values = loadFlushed(input) as Float32Array
  const result = resultArray(input.dtype, input.size) as Float32Array
  const round = rounderOf(input.dtype)
  const pixels = height * width
  for (let base = 0; base < values.length; base += pixels * channels) {
    for (let channel = 0; channel < channels; channel++) {
      let total = 0
      for (let at = 0; at < pixels; at++) total += values[base + at * channels + channel]!
      const mean = round(total / pixels)
      for (let at = 0; at < pixels; at++) {
        const index = base + at * channels + channel
        result[index] = (values[index]! - mean) * factor + mean
      }
    }
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

export const colourKernels: readonly Kernel[] = [
  { ops: ['RGBToHSV'], dtypes: floats, bound: ulpOfLargest(4), run: rgbToHsv },
  { ops: ['HSVToRGB'], dtypes: floats, bound: ulpOfLargest(4), run: hsvToRgb },
  { ops: ['AdjustHue'], dtypes: ['float32'], bound: ulpOfLargest(16), run: adjustHue },
  { ops: ['AdjustSaturation'], dtypes: ['float32'], bound: ulpOfLargest(8), run: adjustSaturation },
  { ops: ['AdjustContrastv2'], dtypes: ['float32'], bound: ulpOfLargest(4), run: adjustContrast },
]
