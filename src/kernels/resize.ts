import { newElements } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { load, loadFlushed, roundEven } from './elements.js'
import { type Kernel, type KernelCall, KernelError, numbers, ulpOfLargest } from './kernel.js'

const round = Math.fround

/** Pictures to resize, and how far apart a result's rows and columns are in them. */
interface Resizing {
  shape: readonly [number, number, number, number]
  output: readonly [number, number]
  scales: readonly [number, number]
  halfPixels: boolean
}

/** (tensorflow/core/util/image_resizer_state.h) */
function planResizing(call: KernelCall): Resizing {
  const { shape } = call.input(0)
  const output = call.ints(1)
  if (shape.length !== 4 || output.length !== 2) throw new KernelError('pictures have four axes, and a size two')
  if ([...output, shape[1]!, shape[2]!].some((size) => size <= 0)) throw new KernelError('a picture is empty')
  const align = call.boolAttr('align_corners')
  const halfPixels = call.boolAttr('half_pixel_centers')
  if (align && halfPixels) throw new KernelError('align_corners and half_pixel_centers exclude each other')
  const scale = (axis: number): number =>
    align && output[axis]! > 1
      ? round((shape[axis + 1]! - 1) / (output[axis]! - 1))
      : round(shape[axis + 1]! / output[axis]!)
  return {
    shape: shape as Resizing['shape'],
    output: output as unknown as Resizing['output'],
    scales: [scale(0), scale(1)],
    halfPixels,
  }
}

/** Computes each element of a float32 result from the four axes' positions. */
function eachPixel(
  { shape: [batch, , , channels], output: [height, width] }: Pick<Resizing, 'shape' | 'output'>,
  compute: (n: number, y: number, x: number, channel: number) => number,
): Tensor {
  const result = new Float32Array(batch * height * width * channels)
  let at = 0
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let channel = 0; channel < channels; channel++) result[at++] = compute(n, y, x, channel)
      }
    }
  }
  return Tensor.of('float32', [batch, height, width, channels], result)
}

/** The elements as float32, which is what pictures of any dtype are interpolated in. */
function floatsOf(tensor: Tensor): Float32Array {
  const values = loadFlushed(tensor)
  return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number | bigint>, Number)
}

function nearest(call: KernelCall): Tensor[] {
  const { shape, output, scales, halfPixels } = planResizing(call)
  const align = call.boolAttr('align_corners')
  const places = [0, 1].map((axis) =>
    Array.from({ length: output[axis]! }, (_, at) => {
      const scaled = halfPixels ? round(round(at + 0.5) * scales[axis]!) : round(at * scales[axis]!)
      const place = align ? Math.floor(scaled + 0.5) : Math.floor(scaled)
      return Math.max(Math.min(place, shape[axis + 1]! - 1), 0)
    }),
  )
  const [batch, height, width, channels] = shape
  const input = call.input(0)
  const values: Numeric = input.values()
  const result: Numeric = newElements(input.dtype, batch * output[0] * output[1] * channels)
  let at = 0
  for (let n = 0; n < batch; n++) {
    for (const y of places[0]!) {
      for (const x of places[1]!) {
        const from = ((n * height + y) * width + x) * channels
        for (let channel = 0; channel < channels; channel++) result[at++] = values[from + channel]
      }
    }
  }
  return [Tensor.of(input.dtype, [batch, ...output, channels], result)]
}

/** Two neighbours along an axis, and how much of the second. */
interface Mix {
  lower: number
  upper: number
  share: number
}

function mixes({ shape, output, scales, halfPixels }: Resizing, axis: 0 | 1): Mix[] {
  return Array.from({ length: output[axis] }, (_, at) => {
    const scale = scales[axis]
    const place = halfPixels ? round(round(round(at + 0.5) * scale) - 0.5) : round(at * scale)
    const lower = Math.floor(place)
    return {
      lower: Math.max(lower, 0),
      upper: Math.min(Math.ceil(place), shape[axis + 1]! - 1),
      share: round(place - lower),
    }
  })
}

function mixed(a: number, b: number, share: number): number {
  return round(a + round(round(b - a) * share))
}

function bilinear(call: KernelCall): Tensor[] {
  const plan = planResizing(call)
  const { shape } = plan
  const [, height, width, channels] = shape
  const input = call.input(0)
  // Pictures that keep their size are copied.
  if (height === plan.output[0] && width === plan.output[1]) {
    return [Tensor.of('float32', shape, Float32Array.from(load(input) as ArrayLike<number | bigint>, Number))]
  }
  const values = floatsOf(input)
  const [rows, columns] = [mixes(plan, 0), mixes(plan, 1)]
  const pixel = (n: number, y: number, x: number, channel: number): number =>
    values[((n * height + y) * width + x) * channels + channel]!
  return [
    eachPixel(plan, (n, y, x, channel) => {
      const [row, column] = [rows[y]!, columns[x]!]
      const top = mixed(
        pixel(n, row.lower, column.lower, channel),
        pixel(n, row.lower, column.upper, channel),
        column.share,
      )
      const below = mixed(
        pixel(n, row.upper, column.lower, channel),
        pixel(n, row.upper, column.upper, channel),
        column.share,
      )
      return mixed(top, below, row.share)
    }),
  ]
}

/** Four neighbours along an axis and their weights. */
interface Cubic {
  places: number[]
  weights: number[]
}

const cubicSteps = 1024

/** Keys' cubic convolution, looked up at 1024 places between two pixels as TensorFlow does. */
function cubics({ shape, output, scales, halfPixels }: Resizing, axis: 0 | 1): Cubic[] {
  const a = halfPixels ? -0.5 : -0.75
  const near = (x: number): number => round(((a + 2) * x - (a + 3)) * x * x + 1)
  const far = (x: number): number => round(((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a)
  const last = shape[axis + 1]! - 1
  return Array.from({ length: output[axis] }, (_, at) => {
    const place = halfPixels ? round(round(round(at + 0.5) * scales[axis]) - 0.5) : round(at * scales[axis])
    const first = Math.floor(place)
    const offset = roundEven(round(round(place - first) * cubicSteps)) / cubicSteps
    const places = [-1, 0, 1, 2].map((step) => Math.min(Math.max(first + step, 0), last))
    const weights = [far(offset), near(offset), near(1 - offset), far(1 - offset)]
    if (!halfPixels) return { places, weights }
    // Neighbours outside of the picture do not count.
    const inside = weights.map((weight, index) => (places[index] === first + index - 1 ? weight : 0))
    const total = inside.reduce((sum, weight) => sum + weight, 0)
    return { places, weights: Math.abs(total) < 1000 * 2 ** -126 ? inside : inside.map((weight) => weight / total) }
  })
}

function bicubic(call: KernelCall): Tensor[] {
  const plan = planResizing(call)
  const [, height, width, channels] = plan.shape
  const values = floatsOf(call.input(0))
  const [rows, columns] = [cubics(plan, 0), cubics(plan, 1)]
  return [
    eachPixel(plan, (n, y, x, channel) => {
      const [row, column] = [rows[y]!, columns[x]!]
      let total = 0
      for (let i = 0; i < 4; i++) {
        let sum = 0
        for (let j = 0; j < 4; j++) {
          const at = ((n * height + row.places[j]!) * width + column.places[i]!) * channels + channel
          sum += values[at]! * row.weights[j]!
        }
        total += sum * column.weights[i]!
      }
      return total
    }),
  ]
}

/** Each result is the mean of the area that it covers; pixels at the border count by how much of them is covered. */
function areas({ shape, output, scales }: Resizing, axis: 0 | 1): { place: number; weight: number }[][] {
  const scale = scales[axis]
  const last = shape[axis + 1]! - 1
  return Array.from({ length: output[axis] }, (_, at) => {
    const [from, to] = [round(at * scale), round((at + 1) * scale)]
    const [first, end] = [Math.floor(from), Math.ceil(to)]
    return Array.from({ length: end - first }, (_, index) => {
      const pixel = first + index
      const start = Math.max(pixel, from)
      const stop = Math.min(pixel + 1, to)
      return {
        place: Math.min(Math.max(pixel, 0), last),
        weight: pixel < from && pixel + 1 > to ? scale : stop - start,
      }
    })
  })
}

function area(call: KernelCall): Tensor[] {
  const plan = planResizing(call)
  const [, height, width, channels] = plan.shape
  const values = floatsOf(call.input(0))
  const [rows, columns] = [areas(plan, 0), areas(plan, 1)]
  const factor = 1 / (plan.scales[0] * plan.scales[1])
  return [
    eachPixel(plan, (n, y, x, channel) => {
      let total = 0
      for (const row of rows[y]!) {
        let sum = 0
        for (const column of columns[x]!) {
          sum += values[((n * height + row.place) * width + column.place) * channels + channel]! * column.weight
        }
        total += sum * row.weight
      }
      return total * factor
    }),
  ]
}

/** Parts of pictures, given by relative corners, resized; outside of a picture is one value. */
function cropAndResize(call: KernelCall): Tensor[] {
  const image = call.input(0)
  const boxes = floatsOf(call.input(1))
  const owners = call.ints(2)
  const [cropHeight, cropWidth] = call.ints(3) as [number, number]
  const [batch, height, width, channels] = image.shape as [number, number, number, number]
  if (owners.some((owner) => owner < 0 || owner >= batch))
    throw new KernelError('a box is of a picture that is not there')
  const values = floatsOf(image)
  const outside = call.floatAttr('extrapolation_value') ?? 0
  const takesNearest = call.stringAttr('method') === 'nearest'
  const place = (at: number, count: number, first: number, last: number, size: number): number => {
    if (count === 1) return round(round(0.5 * round(first + last)) * (size - 1))
    const scale = round(round(round(last - first) * (size - 1)) / (count - 1))
    return round(round(first * (size - 1)) + round(at * scale))
  }
  return [
    eachPixel({ shape: [owners.length, 0, 0, channels], output: [cropHeight, cropWidth] }, (box, y, x, channel) => {
      const [top, left, bottom, right] = boxes.subarray(4 * box, 4 * box + 4) as unknown as [
        number,
        number,
        number,
        number,
      ]
      const row = place(y, cropHeight, top, bottom, height)
      const column = place(x, cropWidth, left, right, width)
      if (!(row >= 0 && row <= height - 1 && column >= 0 && column <= width - 1)) return outside
      const pixel = (i: number, j: number): number =>
        values[((owners[box]! * height + i) * width + j) * channels + channel]!
      if (takesNearest) return pixel(Math.floor(row + 0.5), Math.floor(column + 0.5))
      const [i, j] = [Math.floor(row), Math.floor(column)]
      const [below, beside] = [Math.ceil(row), Math.ceil(column)]
      const upper = mixed(pixel(i, j), pixel(i, beside), round(column - j))
      return mixed(upper, mixed(pixel(below, j), pixel(below, beside), round(column - j)), round(row - i))
    }),
  ]
}

const pictures = numbers.filter((dtype) => dtype !== 'uint32' && dtype !== 'uint64')
const cropped = pictures.filter((dtype) => dtype !== 'bfloat16')

export const resizeKernels: readonly Kernel[] = [
  { ops: ['ResizeNearestNeighbor'], dtypes: pictures, run: nearest },
  { ops: ['ResizeBilinear'], dtypes: pictures, run: bilinear },
  { ops: ['ResizeBicubic'], dtypes: pictures, bound: ulpOfLargest(4, pictures), run: bicubic },
  { ops: ['ResizeArea'], dtypes: pictures, bound: ulpOfLargest(4, pictures), run: area },
  { ops: ['CropAndResize'], dtypes: cropped, run: cropAndResize },
]
