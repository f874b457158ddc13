import { elementSize } from '../../graph/data-type.js'
import type { Shape } from '../../graph/shape.js'
import { planStridedSlice } from '../strided-slice.js'
import {
  addDims,
  concatShapes,
  countOf,
  type Dim,
  dimAt,
  mergeDims,
  mergeShapes,
  multiplyDims,
  resolveAxis,
  ShapeMismatch,
  unknownOfRank,
  withDim,
  withRank,
} from './dimensions.js'
import { stridedSliceMasks } from './partial-value.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

function reshape(c: ShapeContext): Shape[] {
  const target = c.shapeFrom(1)
  const input = c.shape(0)
  if (target === null) return [null]
  const total = input && countOf(input)
  const open = target.filter((size) => size === null).length
  if (total === null || open !== 1) return [target]
  const known = countOf(target.filter((size) => size !== null))!
  if (known === 0) return [target]
  if (total % known !== 0) throw new ShapeMismatch(`${total} elements do not fit`)
  return [target.map((size) => size ?? total / known)]
}

function expandDims(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const axis = c.int(1)
  if (input === null) return [null]
  if (axis === undefined) return [unknownOfRank(input.length + 1)]
  return [input.toSpliced(resolveAxis(axis, input.length + 1), 0, 1)]
}

function squeeze(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null]
  const axes = c.intsAttr('squeeze_dims').map((axis) => resolveAxis(axis, input.length))
  if (axes.length > 0) return [input.filter((_, axis) => !axes.includes(axis))]
  return input.includes(null) ? [null] : [input.filter((size) => size !== 1)]
}

function transpose(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const order = c.ints(1)
  const rank = input?.length ?? c.shape(1)?.[0] ?? order?.length ?? null
  if (rank === null) return [null]
  if (!order || input === null) return [unknownOfRank(rank)]
  if (order.length !== rank) throw new ShapeMismatch('the permutation has another rank')
  return [order.map((axis) => dimAt(input, axis))]
}

export function concat(c: ShapeContext, first: number, count: number, axisInput: number): Shape[] {
  const parts = c.shapes.slice(first, first + count)
  const rank = parts.find((part) => part !== null)?.length
  if (rank === undefined) return [null]
  const axis = c.int(axisInput)
  if (axis === undefined) return [unknownOfRank(rank)]
  const joined = resolveAxis(axis, rank)
  const apart = parts.map((part) => withRank(part, rank))
  const sizes = apart[0]!.map((_, at) =>
    apart.map((part): Dim => part[at]!).reduce<Dim>(at === joined ? addDims : mergeDims, at === joined ? 0 : null),
  )
  return [sizes]
}

function pack(c: ShapeContext): Shape[] {
  const part = c.shapes.reduce(mergeShapes)
  if (part === null) return [null]
  const axis = resolveAxis(c.intAttr('axis') ?? 0, part.length + 1)
  return [part.toSpliced(axis, 0, c.inputCount)]
}

function unpack(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const part = input === null ? null : input.toSpliced(resolveAxis(c.intAttr('axis') ?? 0, input.length), 1)
  return new Array<Shape>(c.outputCount).fill(part)
}

function split(c: ShapeContext): Shape[] {
  const count = c.outputCount
  const input = c.shape(1)
  const axis = c.int(0)
  if (input === null) return new Array<Shape>(count).fill(null)
  if (axis === undefined) return new Array<Shape>(count).fill(unknownOfRank(input.length))
  const at = resolveAxis(axis, input.length)
  const size = input[at]!
  if (size !== null && size % count !== 0) throw new ShapeMismatch('the axis does not split evenly')
  return new Array<Shape>(count).fill(withDim(input, at, size === null ? null : size / count))
}

function splitV(c: ShapeContext): Shape[] {
  const count = c.outputCount
  const input = c.shape(0)
  const axis = c.int(2)
  if (input === null) return new Array<Shape>(count).fill(null)
  if (axis === undefined) return new Array<Shape>(count).fill(unknownOfRank(input.length))
  const at = resolveAxis(axis, input.length)
  const given = c.ints(1) ?? new Array<number>(count).fill(-1)
  const open = given.filter((size) => size < 0).length
  const rest = input[at] === null ? null : input[at]! - given.reduce((sum, size) => sum + Math.max(size, 0), 0)
  return given.map((size) => withDim(input, at, size >= 0 ? size : open === 1 ? rest : null))
}

function slice(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const begin = c.partial(1)?.values
  const sizes = c.partial(2)?.values
  const rank = input?.length ?? begin?.length ?? sizes?.length ?? c.shape(1)?.[0] ?? null
  if (rank === null) return [null]
  if (!sizes) return [unknownOfRank(rank)]
  return [
    sizes.map((size, axis) => {
      if (size === null) return null
      if (size >= 0) return size
      const start = begin?.[axis] ?? null
      const whole = input ? dimAt(input, axis) : null
      return start === null || start < 0 || whole === null ? null : whole - start
    }),
  ]
}

function stridedSlice(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const strides = c.ints(3)
  if (input === null || !strides) return [null]
  const request = { begin: c.partial(1)?.values, end: c.partial(2)?.values, strides, masks: stridedSliceMasks(c) }
  return [planStridedSlice(input, request).shape]
}

function pad(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const paddings = c.partial(1)?.values
  const rank = input?.length ?? c.shape(1)?.[0] ?? null
  if (rank === null) return [null]
  if (!paddings || input === null) return [unknownOfRank(rank)]
  return [input.map((size, axis) => addDims(size, addDims(paddings[2 * axis]!, paddings[2 * axis + 1]!)))]
}

function tile(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const multiples = c.shapeFrom(1)
  if (input === null) return [multiples?.map((multiple) => multiplyDims(null, multiple)) ?? null]
  if (multiples === null) return [unknownOfRank(input.length)]
  return [input.map((size, axis) => multiplyDims(size, dimAt(multiples, axis)))]
}

function gather(c: ShapeContext): Shape[] {
  const params = c.shape(0)
  return [params && concatShapes(c.shape(1), params.slice(1))]
}

function gatherV2(c: ShapeContext): Shape[] {
  const params = c.shape(0)
  const indices = c.shape(1)
  const batched = c.intAttr('batch_dims') ?? 0
  const axis = c.int(2)
  if (params === null || indices === null) return [null]
  const batch = batched < 0 ? batched + indices.length : batched
  if (axis === undefined) return [batched < 0 ? null : unknownOfRank(params.length + indices.length - 1 - batch)]
  const at = resolveAxis(axis, params.length)
  return [[...params.slice(0, at), ...indices.slice(batch), ...params.slice(at + 1)]]
}

function gatherNd(c: ShapeContext): Shape[] {
  const params = c.shape(0)
  const indices = c.shape(1)
  const depth = indices && dimAt(indices, -1)
  if (params === null || indices === null || depth === null) return [null]
  return [[...indices.slice(0, -1), ...params.slice(depth)]]
}

function oneHot(c: ShapeContext): Shape[] {
  const indices = c.shape(0)
  if (indices === null) return [null]
  const axis = c.intAttr('axis') ?? -1
  return [indices.toSpliced(resolveAxis(axis, indices.length + 1), 0, c.dim(1))]
}

/** Range over any numeric type: the bounds are read from constants, or from integers that are known. */
function range(c: ShapeContext): Shape[] {
  const [start, limit, delta] = [0, 1, 2].map((index) => c.int(index) ?? c.constant(index)?.numbers()[0])
  if (start === undefined || limit === undefined || !delta) return [[null]]
  return [[Math.max(0, Math.ceil(Math.abs((limit - start) / delta))) * Number((limit - start) / delta > 0)]]
}

/** The shape that is asked for; where it is not known, the input's sizes above 1 tell. */
function broadcastTo(c: ShapeContext): Shape[] {
  const target = c.shapeFrom(1)
  const input = c.shape(0)
  if (target === null || input === null) return [target]
  const shift = target.length - input.length
  return [
    target.map((size, axis) => {
      const from = input[axis - shift] ?? null
      return size ?? (from !== null && from > 1 ? from : null)
    }),
  ]
}

/** As many sequences as lengths are given. */
function reverseSequence(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const axis = c.intAttr('batch_dim') ?? 0
  return [input === null ? null : withDim(input, axis, mergeDims(dimAt(input, axis), c.shape(1)?.[0] ?? null))]
}

function broadcastArgs(c: ShapeContext): Shape[] {
  const [a, b] = [c.shape(0)?.[0] ?? null, c.shape(1)?.[0] ?? null]
  return [[a === null || b === null ? null : Math.max(a, b)]]
}

function dynamicPartition(c: ShapeContext): Shape[] {
  const data = c.shape(0)
  const partitions = c.shape(1)
  const part = data && partitions && [null, ...data.slice(partitions.length)]
  return new Array<Shape>(c.outputCount).fill(part)
}

function dynamicStitch(c: ShapeContext): Shape[] {
  const count = c.inputCount / 2
  let largest = -1
  let allKnown = true
  let rest: Shape = null
  for (let index = 0; index < count; index++) {
    const positions = c.ints(index)
    if (positions) largest = Math.max(largest, ...positions)
    else allKnown = false
    const [indices, data] = [c.shape(index), c.shape(count + index)]
    if (indices !== null && data !== null) rest = mergeShapes(rest, data.slice(indices.length))
  }
  return [concatShapes([allKnown ? largest + 1 : null], rest)]
}

function bitcast(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const from = elementSize(c.typeAttr('T') ?? 'invalid')
  const to = elementSize(c.typeAttr('type') ?? 'invalid')
  if (input === null || !from || !to) return [null]
  if (from === to) return [input]
  return [from > to ? [...input, from / to] : input.slice(0, -1)]
}

function where(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  return [[null, input?.length ?? null]]
}

const anyVector: Shape = [null]

/** What differs along an axis, and for each place there which of them it is. An empty axis means that of a vector. */
function uniqueV2(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const axes = c.ints(1)
  const different = input === null ? null : unknownOfRank(input.length)
  if (!axes || input === null) return [different, anyVector]
  return [different, axes.length === 0 ? input : [dimAt(input, axes[0]!)]]
}

export const arrayShapes: ShapeFunctions = {
  Reshape: reshape,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  Transpose: transpose,
  ConjugateTranspose: transpose,
  Concat: (c) => concat(c, 1, c.inputCount - 1, 0),
  ConcatV2: (c) => concat(c, 0, c.inputCount - 1, c.inputCount - 1),
  ConcatOffset: (c) => c.shapes.slice(1),
  ParallelConcat: (c) => [c.shapeAttr('shape')],
  Pack: pack,
  Unpack: unpack,
  Split: split,
  SplitV: splitV,
  Slice: slice,
  StridedSlice: stridedSlice,
  ...forOps('Pad PadV2 MirrorPad', pad),
  Tile: tile,
  Gather: gather,
  GatherV2: gatherV2,
  GatherNd: gatherNd,
  ScatterNd: (c) => [c.shapeFrom(2)],
  OneHot: oneHot,
  Range: range,
  LinSpace: (c) => [[c.dim(2)]],
  Fill: (c) => [c.shapeFrom(0)],
  BroadcastTo: broadcastTo,
  BroadcastArgs: broadcastArgs,
  Shape: (c) => [[c.shape(0)?.length ?? null]],
  ShapeN: (c) => c.shapes.map((shape) => [shape?.length ?? null]),
  ...forOps('Size Rank', () => [[]]),
  ...forOps('ReverseV2 Roll', (c) => [c.shape(0)]),
  Reverse: (c) => [c.shape(0) ?? c.shapeFrom(1)?.map(() => null) ?? null],
  ReverseSequence: reverseSequence,
  InvertPermutation: (c) => [withRank(c.shape(0), 1)],
  DynamicPartition: dynamicPartition,
  ...forOps('DynamicStitch ParallelDynamicStitch', dynamicStitch),
  Where: where,
  Unique: (c) => [anyVector, c.shape(0)],
  UniqueWithCounts: (c) => [anyVector, c.shape(0), anyVector],
  UniqueV2: (c) => uniqueV2(c),
  UniqueWithCountsV2: (c) => [...uniqueV2(c), anyVector],
  ListDiff: () => [anyVector, anyVector],
  Bitcast: bitcast,
  EnsureShape: (c) => [mergeShapes(c.shapeAttr('shape'), c.shape(0))],
  ...forOps('TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate', (c) => [
    c.shape(0),
  ]),
  ScatterNdNonAliasingAdd: (c) => [c.shape(0)],
  ...forOps('LowerBound UpperBound', (c) => [withRank(c.shape(1), 2)]),
}
