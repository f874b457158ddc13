import type { Node } from '../../graph/node.js'
import type { StaticShape } from '../../graph/shape.js'
import type { Tensor } from '../../graph/tensor.js'
import { planStridedSlice } from '../strided-slice.js'
import type { Dim } from './dimensions.js'
import type { ShapeContext } from './shape-function.js'

/**
 * What is known of a small tensor of integers, null where nothing is: the way a dimension travels from a Shape node over
 * StridedSlice and Pack into the shape of a Reshape.
 */
export interface PartialValue {
  shape: StaticShape
  values: readonly Dim[]
}

/** Larger tensors are no shapes. */
const elementLimit = 256

/** The value of a constant, where it is a small tensor of integers. */
export function partialFromTensor(tensor: Tensor): PartialValue | undefined {
  if (!['int32', 'int64', 'uint8', 'int8', 'int16'].includes(tensor.dtype) || tensor.size > elementLimit) {
    return undefined
  }
  return tensor.problem === undefined ? { shape: tensor.shape, values: tensor.numbers() } : undefined
}

type ValueFunction = (context: ShapeContext) => readonly (PartialValue | undefined)[]

/** What is known of the values of a node's outputs; most ops say nothing. */
export function partialValues(node: Node, context: ShapeContext): readonly (PartialValue | undefined)[] {
  const infer = valueFunctions[node.op]
  if (!infer) return []
  return infer(context).map((value) => (value && value.values.length <= elementLimit ? value : undefined))
}

function vector(values: readonly Dim[]): PartialValue {
  return { shape: [values.length], values }
}

function scalar(value: Dim): PartialValue {
  return { shape: [], values: [value] }
}

const unchanged: ValueFunction = (c) => [c.partial(0)]

const shapeOf: ValueFunction = (c) => c.shapes.map((shape) => (shape === null ? undefined : vector(shape)))

const sizeOf: ValueFunction = (c) => {
  const shape = c.shape(0)
  return [shape === null ? undefined : scalar(product(shape))]
}

function product(values: readonly Dim[]): Dim {
  if (values.includes(0)) return 0
  let total = 1
  for (const value of values) {
    if (value === null) return null
    total *= value
  }
  return Number.isSafeInteger(total) ? total : null
}

function binary(compute: (a: number, b: number) => Dim): ValueFunction {
  return (c) => {
    const a = c.partial(0)
    const b = c.partial(1)
    if (!a || !b || a.shape.length > 1 || b.shape.length > 1) return []
    if (a.values.length !== b.values.length && a.values.length !== 1 && b.values.length !== 1) return []
    const longer =
      a.shape.length > b.shape.length || (a.shape.length === b.shape.length && b.values.length === 1) ? a : b
    const values = longer.values.map((_, index) => {
      const left = a.values[a.values.length === 1 ? 0 : index]!
      const right = b.values[b.values.length === 1 ? 0 : index]!
      return left === null || right === null ? null : compute(left, right)
    })
    const kept = values.map((value) => (value !== null && Math.abs(value) < 2 ** 31 ? value : null))
    return [{ shape: longer.shape, values: kept }]
  }
}

function reduction(compute: (values: readonly Dim[]) => Dim): ValueFunction {
  return (c) => {
    const value = c.partial(0)
    const axes = c.ints(1)
    if (!value || !axes || value.shape.length !== 1) return []
    if (axes.length === 0) return [value]
    const result = compute(value.values)
    return [c.boolAttr('keep_dims') ? vector([result]) : scalar(result)]
  }
}

function fold(compute: (a: number, b: number) => number, start: number): (values: readonly Dim[]) => Dim {
  return (values) => {
    let total = start
    for (const value of values) {
      if (value === null) return null
      total = compute(total, value)
    }
    return Number.isSafeInteger(total) ? total : null
  }
}

const pack: ValueFunction = (c) => {
  const values: Dim[] = []
  for (let index = 0; index < c.inputCount; index++) {
    const shape = c.shape(index)
    if (shape?.length !== 0) return []
    values.push(c.int(index) ?? null)
  }
  return [vector(values)]
}

/** Concatenation of vectors, the axis being the input that is not counted. */
function concat(first: number, last: number): ValueFunction {
  return (c) => {
    const values: Dim[] = []
    for (let index = first; index < c.inputCount + last; index++) {
      const part = c.partial(index)
      const length = c.shape(index)
      if (part?.shape.length === 1) values.push(...part.values)
      else if (length?.length === 1 && length[0] !== null) values.push(...new Array<Dim>(length[0]!).fill(null))
      else return []
    }
    return [vector(values)]
  }
}

const stridedSlice: ValueFunction = (c) => {
  const value = c.partial(0)
  const strides = c.ints(3)
  if (value?.shape.length !== 1 || !strides) return []
  const plan = planStridedSlice(value.shape, {
    begin: c.partial(1)?.values,
    end: c.partial(2)?.values,
    strides,
    masks: stridedSliceMasks(c),
  })
  const begin = plan.begin[0]!
  const size = plan.sizes[0]!
  if (begin === null || size === null || plan.shape.includes(null)) return []
  const values = Array.from({ length: size }, (_, index) => value.values[begin + index * plan.strides[0]!]!)
  return [{ shape: plan.shape as number[], values }]
}

export function stridedSliceMasks(c: ShapeContext): Parameters<typeof planStridedSlice>[1]['masks'] {
  return {
    begin: c.intAttr('begin_mask') ?? 0,
    end: c.intAttr('end_mask') ?? 0,
    ellipsis: c.intAttr('ellipsis_mask') ?? 0,
    newAxis: c.intAttr('new_axis_mask') ?? 0,
    shrinkAxis: c.intAttr('shrink_axis_mask') ?? 0,
  }
}

const slice: ValueFunction = (c) => {
  const value = c.partial(0)
  const begin = c.int(1)
  const size = c.int(2)
  if (value?.shape.length !== 1 || begin === undefined || size === undefined) return []
  const end = size < 0 ? value.values.length : begin + size
  return begin < 0 || end > value.values.length ? [] : [vector(value.values.slice(begin, end))]
}

/** Elements of a vector by a scalar or vector of positions. */
const gather: ValueFunction = (c) => {
  const value = c.partial(0)
  const positions = c.partial(1)
  if (value?.shape.length !== 1 || !positions || positions.values.includes(null)) return []
  return [{ shape: positions.shape, values: positions.values.map((position) => value.values[position!] ?? null) }]
}

const unpack: ValueFunction = (c) => {
  const value = c.partial(0)
  return value?.shape.length === 1 ? value.values.map(scalar) : []
}

const range: ValueFunction = (c) => {
  const [start, limit, delta] = [c.int(0), c.int(1), c.int(2)]
  if (start === undefined || limit === undefined || !delta) return []
  const count = Math.max(0, Math.ceil((limit - start) / delta))
  return count > elementLimit ? [] : [vector(Array.from({ length: count }, (_, index) => start + index * delta))]
}

const fill: ValueFunction = (c) => {
  const sizes = c.ints(0)
  const count = sizes && product(sizes)
  if (!sizes || count === null || count === undefined || count > elementLimit) return []
  const value = c.int(1)
  return value === undefined ? [] : [{ shape: sizes, values: new Array<Dim>(count).fill(value) }]
}

const expandDims: ValueFunction = (c) => {
  const value = c.partial(0)
  return value?.shape.length === 0 ? [vector(value.values)] : []
}

const squeeze: ValueFunction = (c) => {
  const value = c.partial(0)
  return value?.shape.length === 1 && value.values.length === 1 ? [scalar(value.values[0]!)] : []
}

const reshape: ValueFunction = (c) => {
  const value = c.partial(0)
  const sizes = c.ints(1)
  if (!value || !sizes || sizes.length > 1) return []
  if (sizes.length === 0) return value.values.length === 1 ? [scalar(value.values[0]!)] : []
  return sizes[0] === -1 || sizes[0] === value.values.length ? [vector(value.values)] : []
}

const valueFunctions: Readonly<Record<string, ValueFunction>> = {
  Identity: unchanged,
  StopGradient: unchanged,
  PreventGradient: unchanged,
  Snapshot: unchanged,
  Cast: (c) => (['int32', 'int64'].includes(c.typeAttr('DstT') ?? '') ? [c.partial(0)] : []),
  Shape: shapeOf,
  ShapeN: shapeOf,
  Size: sizeOf,
  Rank: (c) => [c.shape(0) === null ? undefined : scalar(c.shape(0)!.length)],
  Add: binary((a, b) => a + b),
  AddV2: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  FloorDiv: binary((a, b) => (b === 0 ? null : Math.floor(a / b))),
  FloorMod: binary((a, b) => (b === 0 ? null : a - b * Math.floor(a / b))),
  Maximum: binary(Math.max),
  Minimum: binary(Math.min),
  Prod: reduction(product),
  Sum: reduction(fold((a, b) => a + b, 0)),
  Max: reduction(fold(Math.max, Number.NEGATIVE_INFINITY)),
  Min: reduction(fold(Math.min, Number.POSITIVE_INFINITY)),
  Pack: pack,
  Concat: concat(1, 0),
  ConcatV2: concat(0, -1),
  StridedSlice: stridedSlice,
  Slice: slice,
  Gather: gather,
  GatherV2: gather,
  Unpack: unpack,
  Range: range,
  Fill: fill,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  Reshape: reshape,
}
