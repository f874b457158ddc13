import { elementCount, type StaticShape, sameShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { planStridedSlice } from '../ops/strided-slice.js'
import { broadcastStrides } from './broadcast.js'
import { copy, emptyLike, movableOf, partFrom, tensorOf, whole } from './cells.js'
import { reshaped } from './elements.js'
import { axisOf, type Kernel, type KernelCall, KernelError, movable } from './kernel.js'
import { rowStrides, type View } from './strided.js'

/** A tensor of another shape, filled from a view of the input. */
export function moved(input: Tensor, shape: StaticShape, from: View): Tensor {
  const result = emptyLike(input, shape)
  copy(shape, from, whole(result))
  return tensorOf(input, shape, result)
}

export function transposed(input: Tensor, order: readonly number[]): Tensor {
  const rank = input.shape.length
  if (
    !sameShape(
      [...order].sort((a, b) => a - b),
      input.shape.map((_, axis) => axis),
    )
  ) {
    throw new KernelError(`[${order.join(',')}] is no permutation of ${rank} axes`)
  }
  const { cells, shape } = movableOf(input)
  const strides = rowStrides(shape)
  const lanes = strides.slice(rank)
  return moved(
    input,
    order.map((axis) => input.shape[axis]!),
    { cells, offset: 0, strides: [...order.map((axis) => strides[axis]!), ...lanes] },
  )
}

export function concat(parts: readonly Tensor[], axisGiven: number): Tensor[] {
  const [first] = parts
  const rank = first!.shape.length
  const axis = axisOf(axisGiven, rank)
  const others = (shape: StaticShape): StaticShape => shape.toSpliced(axis, 1)
  const filled = parts.filter((part) => part.shape.length === rank)
  if (filled.length !== parts.length || !parts.every((part) => sameShape(others(part.shape), others(first!.shape)))) {
    throw new KernelError('the tensors to join differ in another axis')
  }
  const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0)
  const shape = first!.shape.with(axis, total)
  const result = emptyLike(first!, shape)
  let start = 0
  for (const part of parts) {
    copy(part.shape, whole(movableOf(part)), partFrom(result, [...new Array<number>(axis).fill(0), start]))
    start += part.shape[axis]!
  }
  return [tensorOf(first!, shape, result)]
}

function pack(call: KernelCall): Tensor[] {
  const { shape } = call.input(0)
  const axis = axisOf(call.intAttr('axis') ?? 0, shape.length + 1)
  if (!call.inputs.every((input) => sameShape(input.shape, shape))) throw new KernelError('the shapes to pack differ')
  return concat(
    call.inputs.map((input) => reshaped(input, shape.toSpliced(axis, 0, 1))),
    axis,
  )
}

/** Parts of given sizes along an axis. */
function parts(input: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const source = movableOf(input)
  let start = 0
  return sizes.map((size) => {
    const from = partFrom(source, [...new Array<number>(axis).fill(0), start])
    start += size
    return moved(input, input.shape.with(axis, size), from)
  })
}

function unpack(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const axis = axisOf(call.intAttr('axis') ?? 0, input.shape.length)
  const shape = input.shape.toSpliced(axis, 1)
  if (call.intAttr('num') !== input.shape[axis]) throw new KernelError('the axis has another size than "num"')
  return parts(input, axis, new Array<number>(input.shape[axis]!).fill(1)).map((part) => reshaped(part, shape))
}

function split(call: KernelCall): Tensor[] {
  const input = call.input(1)
  const axis = axisOf(call.scalar(0), input.shape.length)
  const count = call.intAttr('num_split') ?? 0
  const size = input.shape[axis]! / count
  if (!Number.isInteger(size)) throw new KernelError(`an axis of ${input.shape[axis]} does not split into ${count}`)
  return parts(input, axis, new Array<number>(count).fill(size))
}

function splitV(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const axis = axisOf(call.scalar(2), input.shape.length)
  const sizes = call.ints(1)
  const open = sizes.indexOf(-1)
  const known = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0)
  if (open >= 0) sizes[open] = input.shape[axis]! - known
  if (sizes.some((size) => size < 0) || sizes.reduce((sum, size) => sum + size, 0) !== input.shape[axis]) {
    throw new KernelError('the sizes do not add up to the axis')
  }
  return parts(input, axis, sizes)
}

function slice(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const begin = call.ints(1)
  const shape = call.ints(2).map((size, axis) => (size === -1 ? input.shape[axis]! - begin[axis]! : size))
  const fits = shape.every((size, axis) => size >= 0 && begin[axis]! >= 0 && begin[axis]! + size <= input.shape[axis]!)
  if (shape.length !== input.shape.length || !fits) throw new KernelError('the slice reaches outside of the tensor')
  return [moved(input, shape, partFrom(movableOf(input), begin))]
}

function stridedSlice(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const masks = {
    begin: call.intAttr('begin_mask') ?? 0,
    end: call.intAttr('end_mask') ?? 0,
    ellipsis: call.intAttr('ellipsis_mask') ?? 0,
    newAxis: call.intAttr('new_axis_mask') ?? 0,
    shrinkAxis: call.intAttr('shrink_axis_mask') ?? 0,
  }
  const request = { begin: call.ints(1), end: call.ints(2), strides: call.ints(3), masks }
  const plan = planStridedSlice(input.shape, request)
  const taken = moved(input, plan.sizes as number[], partFrom(movableOf(input), plan.begin as number[], plan.strides))
  return [reshaped(taken, plan.shape as number[])]
}

/** Each axis gets so many elements before and behind: zeros, or the value of a third input. */
function pad(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const paddings = call.ints(1)
  const shape = input.shape.map((size, axis) => size + paddings[2 * axis]! + paddings[2 * axis + 1]!)
  const result = emptyLike(input, shape)
  if (call.inputs.length > 2) {
    const value = movableOf(call.input(2)).cells as Float32Array
    ;(result.cells as Float32Array).fill(value[0]!)
  }
  const begin = input.shape.map((_, axis) => paddings[2 * axis]!)
  copy(input.shape, whole(movableOf(input)), partFrom(result, begin))
  return [tensorOf(input, shape, result)]
}

/** Padding with the elements next to the border, from its second one on (REFLECT) or from its first (SYMMETRIC). */
function mirrorPad(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const paddings = call.ints(1)
  const skipped = call.stringAttr('mode') === 'REFLECT' ? 1 : 0
  let result = input
  for (const axis of input.shape.keys()) {
    const [before, behind] = [paddings[2 * axis]!, paddings[2 * axis + 1]!]
    const size = input.shape[axis]!
    if (Math.max(before, behind) > size - skipped) throw new KernelError('a padding is wider than the tensor')
    const positions = [
      ...Array.from({ length: before }, (_, index) => before - 1 - index + skipped),
      ...Array.from({ length: size }, (_, index) => index),
      ...Array.from({ length: behind }, (_, index) => size - 1 - skipped - index),
    ]
    if (before + behind > 0) result = takeAlong(result, axis, positions)
  }
  return [result]
}

/** The slices at some positions of an axis, joined. */
export function takeAlong(input: Tensor, axis: number, positions: readonly number[]): Tensor {
  const source = movableOf(input)
  const shape = input.shape.with(axis, positions.length)
  const result = emptyLike(input, shape)
  const one = input.shape.with(axis, 1)
  const before = new Array<number>(axis).fill(0)
  for (const [index, position] of positions.entries()) {
    copy(one, partFrom(source, [...before, position]), partFrom(result, [...before, index]))
  }
  return tensorOf(input, shape, result)
}

function tile(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const multiples = call.ints(1)
  const { cells, shape } = movableOf(input)
  const own = rowStrides(shape)
  // Seen with two axes for one: how often, without moving on, and the axis itself.
  const sizes = input.shape.flatMap((size, axis) => [multiples[axis]!, size])
  const strides = [...input.shape.flatMap((_, axis) => [0, own[axis]!]), ...own.slice(input.shape.length)]
  const repeated = moved(input, sizes, { cells, offset: 0, strides })
  return [
    reshaped(
      repeated,
      input.shape.map((size, axis) => size * multiples[axis]!),
    ),
  ]
}

function broadcastTo(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const shape = call.ints(1)
  const missing = shape.length - input.shape.length
  const fits = input.shape.every((size, axis) => size === 1 || size === shape[axis + missing])
  if (missing < 0 || !fits) throw new KernelError('the tensor cannot be broadcast to that shape')
  const { cells, shape: held } = movableOf(input)
  const strides = broadcastStrides(held, [...shape, ...held.slice(input.shape.length)])
  return [moved(input, shape, { cells, offset: 0, strides })]
}

/** The elements the other way round along some axes. */
export function reversedAlong(input: Tensor, axes: readonly number[]): Tensor[] {
  const reversed = new Set(axes.map((axis) => axisOf(axis, input.shape.length)))
  if (input.size === 0) return [input]
  const begin = input.shape.map((size, axis) => (reversed.has(axis) ? size - 1 : 0))
  const steps = input.shape.map((_, axis) => (reversed.has(axis) ? -1 : 1))
  return [moved(input, input.shape, partFrom(movableOf(input), begin, steps))]
}

function roll(call: KernelCall): Tensor[] {
  const shifts = call.ints(1)
  let result = call.input(0)
  for (const [index, given] of call.ints(2).entries()) {
    const axis = axisOf(given, result.shape.length)
    const size = result.shape[axis]!
    const positions = Array.from({ length: size }, (_, at) => (((at - shifts[index]!) % size) + size) % size)
    result = takeAlong(result, axis, positions)
  }
  return [result]
}

/** Space becomes batch: each block's elements go to batches of their own, the offset within the block counting first. */
export function spaceToBatch(input: Tensor, blocks: readonly number[], paddings: readonly number[]): Tensor {
  const count = blocks.length
  const rest = input.shape.slice(1 + count)
  const shape = input.shape.map((size, axis) =>
    axis === 0 || axis > count ? size : size + paddings[2 * axis - 2]! + paddings[2 * axis - 1]!,
  )
  const padded = emptyLike(input, shape)
  const begin = input.shape.map((_, axis) => (axis === 0 || axis > count ? 0 : paddings[2 * axis - 2]!))
  copy(input.shape, whole(movableOf(input)), partFrom(padded, begin))
  const sizes = blocks.map((block, axis) => shape[axis + 1]! / block)
  if (!sizes.every(Number.isInteger)) throw new KernelError('the blocks do not divide the padded tensor')
  const split = [shape[0]!, ...blocks.flatMap((block, axis) => [sizes[axis]!, block]), ...rest]
  const order = [
    ...blocks.map((_, axis) => 2 + 2 * axis),
    0,
    ...blocks.map((_, axis) => 1 + 2 * axis),
    ...rest.map((_, axis) => 1 + 2 * count + axis),
  ]
  const rearranged = transposed(reshaped(tensorOf(input, shape, padded), split), order)
  return reshaped(rearranged, [shape[0]! * elementCount(blocks), ...sizes, ...rest])
}

/** The reverse of {@link spaceToBatch}, with cropping behind it. */
export function batchToSpace(input: Tensor, blocks: readonly number[], crops: readonly number[]): Tensor {
  const count = blocks.length
  const batch = input.shape[0]! / elementCount(blocks)
  if (!Number.isInteger(batch)) throw new KernelError('the blocks do not divide the batch')
  const rest = input.shape.slice(1 + count)
  const split = [...blocks, batch, ...input.shape.slice(1)]
  const order = [
    count,
    ...blocks.flatMap((_, axis) => [count + 1 + axis, axis]),
    ...rest.map((_, axis) => 2 * count + 1 + axis),
  ]
  const shape = [batch, ...blocks.map((block, axis) => block * input.shape[axis + 1]!), ...rest]
  const joined = reshaped(transposed(reshaped(input, split), order), shape)
  const cropped = shape.map((size, axis) =>
    axis === 0 || axis > count ? size : size - crops[2 * axis - 2]! - crops[2 * axis - 1]!,
  )
  const begin = shape.map((_, axis) => (axis === 0 || axis > count ? 0 : crops[2 * axis - 2]!))
  return moved(joined, cropped, partFrom(movableOf(joined), begin))
}

/** Blocks of space to channels, or back, for NHWC. */
function spaceToDepth(call: KernelCall, back: boolean): Tensor[] {
  if (call.stringAttr('data_format') !== 'NHWC') throw new KernelError('only NHWC is computed')
  const block = call.intAttr('block_size')!
  const input = call.input(0)
  const [batch, height, width, depth] = input.shape as [number, number, number, number]
  if (back) {
    const channels = depth / (block * block)
    const split = reshaped(input, [batch, height, width, block, block, channels])
    return [reshaped(transposed(split, [0, 1, 3, 2, 4, 5]), [batch, height * block, width * block, channels])]
  }
  const split = reshaped(input, [batch, height / block, block, width / block, block, depth])
  const shape = [batch, height / block, width / block, block * block * depth]
  return [reshaped(transposed(split, [0, 1, 3, 2, 4, 5]), shape)]
}

export const movementKernels: readonly Kernel[] = [
  { ops: ['Transpose'], dtypes: movable, run: (call) => [transposed(call.input(0), call.ints(1))] },
  {
    ops: ['ConcatV2'],
    dtypes: movable,
    run: (call) => concat(call.inputs.slice(0, -1), call.scalar(call.inputs.length - 1)),
  },
  { ops: ['Concat'], dtypes: movable, dtypeInput: 1, run: (call) => concat(call.inputs.slice(1), call.scalar(0)) },
  { ops: ['Pack'], dtypes: movable, run: pack },
  { ops: ['ParallelConcat'], dtypes: movable, run: (call) => concat(call.inputs, 0) },
  { ops: ['Unpack'], dtypes: movable, run: unpack },
  { ops: ['Split'], dtypes: movable, dtypeInput: 1, run: split },
  { ops: ['SplitV'], dtypes: movable, run: splitV },
  { ops: ['Slice'], dtypes: movable, run: slice },
  { ops: ['StridedSlice'], dtypes: movable, run: stridedSlice },
  { ops: ['Pad', 'PadV2'], dtypes: movable, run: pad },
  { ops: ['MirrorPad'], dtypes: movable, run: mirrorPad },
  { ops: ['Tile'], dtypes: movable, run: tile },
  { ops: ['BroadcastTo'], dtypes: movable, run: broadcastTo },
  { ops: ['ReverseV2'], dtypes: movable, run: (call) => reversedAlong(call.input(0), call.ints(1)) },
  { ops: ['Roll'], dtypes: movable, run: roll },
  {
    ops: ['SpaceToBatchND'],
    dtypes: movable,
    run: (call) => [spaceToBatch(call.input(0), call.ints(1), call.ints(2))],
  },
  {
    ops: ['BatchToSpaceND'],
    dtypes: movable,
    run: (call) => [batchToSpace(call.input(0), call.ints(1), call.ints(2))],
  },
  { ops: ['SpaceToDepth'], dtypes: movable, run: (call) => spaceToDepth(call, false) },
  { ops: ['DepthToSpace'], dtypes: movable, run: (call) => spaceToDepth(call, true) },
]
