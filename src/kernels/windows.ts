import type { StaticShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { layoutOf, windowedSize } from '../ops/shapes/convolution.js'
import { reshaped } from './elements.js'
import { type KernelCall, KernelError } from './kernel.js'
import { transposed } from './movement.js'

/**
 * How windows of a convolution or pooling lie over depth, height and width. Two-dimensional ops are computed as
 * three-dimensional ones of depth 1, and all of them with the channels last.
 */
export interface Windows {
  /** Batch, depth, height, width, channels. */
  input: StaticShape
  /** Depth, height and width of the result. */
  output: readonly number[]
  window: readonly number[]
  strides: readonly number[]
  dilations: readonly number[]
  /** Elements in front of the input that a window may cover. */
  before: readonly number[]
}

/** A tensor with its channels last and a depth of 1 where it has none. */
export function channelsLast(call: KernelCall, tensor: Tensor): Tensor {
  const rank = tensor.shape.length
  if (rank !== 4 && rank !== 5) throw new KernelError(`a tensor of rank ${rank} is no picture`)
  const { channel, spatial } = layoutOf(call.stringAttr('data_format'), rank)
  const last = channel === rank - 1 ? tensor : transposed(tensor, [0, ...spatial, channel])
  return rank === 5 ? last : reshaped(last, last.shape.toSpliced(1, 0, 1))
}

/** A result in the order of axes that the op has. */
export function asAsked(call: KernelCall, rank: number, tensor: Tensor): Tensor {
  const { channel } = layoutOf(call.stringAttr('data_format'), rank)
  const last = rank === 5 ? tensor : reshaped(tensor, tensor.shape.toSpliced(1, 1))
  if (channel === rank - 1) return last
  const axes = Array.from({ length: rank - 2 }, (_, index) => index + 1)
  return transposed(last, [0, rank - 1, ...axes])
}

/** Values of an attribute along depth, height and width. */
export function spatialAttr(call: KernelCall, name: string, rank: number, otherwise: number): number[] {
  const given = call.intsAttr(name)
  const { spatial } = layoutOf(call.stringAttr('data_format'), rank)
  const values = spatial.map((axis) => given[axis] ?? otherwise)
  return rank === 5 ? values : [otherwise, ...values]
}

/** @param input the shape with channels last and depth  @param window the window's depth, height and width */
export function planWindows(call: KernelCall, rank: number, input: StaticShape, window: readonly number[]): Windows {
  const strides = spatialAttr(call, 'strides', rank, 1)
  const dilations = spatialAttr(call, 'dilations', rank, 1)
  const padding = call.stringAttr('padding')
  const explicit = call.intsAttr('explicit_paddings')
  const { spatial } = layoutOf(call.stringAttr('data_format'), rank)
  const output: number[] = []
  const before: number[] = []
  for (let axis = 0; axis < 3; axis++) {
    const size = input[axis + 1]!
    const own = spatial[rank === 5 ? axis : axis - 1]
    const isExplicit = padding === 'EXPLICIT' && own !== undefined
    const front = isExplicit ? explicit[2 * own]! : 0
    const pads = isExplicit ? front + explicit[2 * own + 1]! : 0
    const count = windowedSize(size, window[axis]!, strides[axis]!, dilations[axis]!, padding, pads)!
    const covered = (count - 1) * strides[axis]! + (window[axis]! - 1) * dilations[axis]! + 1
    output.push(count)
    before.push(padding === 'SAME' ? Math.floor(Math.max(covered - size, 0) / 2) : front)
  }
  return { input, output, window, strides, dilations, before }
}

/**
 * Visits each window with each element of the input it covers.
 * @param visit gets the window's number (batch, depth, height and width counted on), the element's number without
 *   channels, and its place in the window
 */
export function eachCovered(
  { input, output, window, strides, dilations, before }: Windows,
  visit: (windowIndex: number, inputIndex: number, place: number) => void,
): void {
  const [batch, depth, height, width] = input as [number, number, number, number]
  let windowIndex = 0
  for (let n = 0; n < batch; n++) {
    for (let z = 0; z < output[0]!; z++) {
      for (let y = 0; y < output[1]!; y++) {
        for (let x = 0; x < output[2]!; x++, windowIndex++) {
          for (let i = 0; i < window[0]!; i++) {
            const inZ = z * strides[0]! - before[0]! + i * dilations[0]!
            if (inZ < 0 || inZ >= depth) continue
            for (let j = 0; j < window[1]!; j++) {
              const inY = y * strides[1]! - before[1]! + j * dilations[1]!
              if (inY < 0 || inY >= height) continue
              for (let k = 0; k < window[2]!; k++) {
                const inX = x * strides[2]! - before[2]! + k * dilations[2]!
                if (inX < 0 || inX >= width) continue
                const inputIndex = ((n * depth + inZ) * height + inY) * width + inX
                visit(windowIndex, inputIndex, (i * window[1]! + j) * window[2]! + k)
              }
            }
          }
        }
      }
    }
  }
}

export function windowCount({ input, output }: Windows): number {
  return input[0]! * output[0]! * output[1]! * output[2]!
}
