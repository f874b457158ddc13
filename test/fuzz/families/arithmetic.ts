import type { DataType } from '../../../src/graph/data-type.js'
import { elementCount, type StaticShape } from '../../../src/graph/shape.js'
import type { Choices } from '../choices.js'
import type { Family, Grow } from '../fuzz-case.js'
import {
  type Attr,
  type GraphBuilder,
  intAttr,
  ints,
  tensorOf,
  typeAttr,
  typesAttr,
  type Wire,
} from '../graph-builder.js'

/**
 * Graphs in which much does not depend on what is fed: sums of constants, shapes and what is computed from them, nodes of
 * several outputs. Dtypes float32, float64, int32, int64, bool; shapes of at most 24 elements.
 */
const numeric: readonly DataType[] = ['float32', 'float32', 'int32', 'float64', 'int64']
const shapes: readonly StaticShape[] = [[2, 3], [3], [], [2, 1], [1], [2, 2, 3], [0]]

const isNumeric = (wire: Wire): boolean => numeric.includes(wire.dtype)
const isFloating = (wire: Wire): boolean => wire.dtype === 'float32' || wire.dtype === 'float64'

function some(builder: GraphBuilder, choose: Choices, wanted: (wire: Wire) => boolean): Wire | undefined {
  const found = builder.wires.filter(wanted)
  return found.length ? choose.latest(found) : undefined
}

function broadcast(a: StaticShape, b: StaticShape): StaticShape | undefined {
  const rank = Math.max(a.length, b.length)
  const shape: number[] = []
  for (let axis = 1; axis <= rank; axis++) {
    const [x, y] = [a.at(-axis) ?? 1, b.at(-axis) ?? 1]
    if (x !== y && x !== 1 && y !== 1) return undefined
    shape.unshift(x === 1 ? y : x)
  }
  return elementCount(shape) <= 64 ? shape : undefined
}

const constant: Grow = (builder, choose) => {
  const dtype = choose.of(numeric)
  const shape = choose.of(shapes)
  const values = Array.from(
    { length: Math.min(elementCount(shape), 6) },
    () => choose.between(-8, 8) / (isFloat(dtype) ? 4 : 1),
  )
  builder.constant(choose, tensorOf(choose, dtype, shape, values))
}

const isFloat = (dtype: DataType): boolean => dtype.startsWith('float')

const binary: Grow = (builder, choose) => {
  const a = some(builder, choose, isNumeric)
  const b = a && some(builder, choose, (wire) => wire.dtype === a.dtype && broadcast(wire.shape, a.shape) !== undefined)
  if (!a || !b) return
  const inputs = choose.once(2) ? [b, a] : [a, b]
  const op = choose.of(['Add', 'AddV2', 'Mul', 'Sub', 'Maximum', 'Minimum', 'SquaredDifference'])
  builder.one(op, choose, {
    inputs,
    attrs: { T: typeAttr(a.dtype) },
    dtype: a.dtype,
    shape: broadcast(a.shape, b.shape)!,
  })
}

const unary: Grow = (builder, choose) => {
  const input = some(builder, choose, isNumeric)
  if (!input) return
  const ops = ['Identity', 'Neg', 'Square', 'Abs', 'StopGradient', 'OnesLike', 'ZerosLike']
  const floating = ['Relu', 'Rsqrt', 'Sqrt', 'Exp', 'Tanh', 'Sigmoid', 'Floor']
  const op = choose.of(isFloating(input) && choose.once(2) ? floating : ops)
  const { dtype, shape } = input
  builder.one(op, choose, { inputs: [input], attrs: { T: typeAttr(dtype) }, dtype, shape })
}

const cast: Grow = (builder, choose) => {
  const input = some(builder, choose, isNumeric)
  if (!input) return
  const dtype = choose.of(numeric)
  const attrs: Record<string, Attr> = { SrcT: typeAttr(input.dtype), DstT: typeAttr(dtype) }
  if (!choose.once(4)) attrs.Truncate = false
  builder.one('Cast', choose, { inputs: [input], attrs, dtype, shape: input.shape })
}

const comparison: Grow = (builder, choose) => {
  const a = some(builder, choose, isNumeric)
  const b = a && some(builder, choose, (wire) => wire.dtype === a.dtype && broadcast(wire.shape, a.shape) !== undefined)
  if (!a || !b) return
  const op = choose.of(['Less', 'Greater', 'LessEqual', 'GreaterEqual'])
  builder.one(op, choose, {
    inputs: [a, b],
    attrs: { T: typeAttr(a.dtype) },
    dtype: 'bool',
    shape: broadcast(a.shape, b.shape)!,
  })
}

const shapeOf: Grow = (builder, choose) => {
  const input = some(builder, choose, () => true)
  if (!input) return
  const op = choose.of(['Shape', 'Rank', 'Size'])
  const dtype = op !== 'Rank' && choose.once(4) ? 'int64' : 'int32'
  const attrs: Record<string, Attr> = { T: typeAttr(input.dtype) }
  if (op !== 'Rank' && (dtype === 'int64' || choose.once(2))) attrs.out_type = typeAttr(dtype)
  const shape = op === 'Shape' ? [input.shape.length] : []
  builder.one(op, choose, { inputs: [input], attrs, dtype, shape })
}

const reduction: Grow = (builder, choose) => {
  const input = some(
    builder,
    choose,
    (wire) => isNumeric(wire) && wire.shape.length > 0 && elementCount(wire.shape) > 0,
  )
  if (!input) return
  const axis = choose.below(input.shape.length)
  const keep = choose.once(2)
  const axes = builder.constant(choose, ints(choose.once(2) ? [1] : [], [axis]), { shared: 3 })
  const attrs: Record<string, Attr> = { T: typeAttr(input.dtype), Tidx: typeAttr('int32') }
  if (keep || choose.once(2)) attrs.keep_dims = keep
  const shape = keep
    ? input.shape.map((size, at) => (at === axis ? 1 : size))
    : input.shape.filter((_, at) => at !== axis)
  builder.one(choose.of(['Sum', 'Max', 'Min', 'Prod']), choose, {
    inputs: [input, axes],
    attrs,
    dtype: input.dtype,
    shape,
  })
}

const reshape: Grow = (builder, choose) => {
  const input = some(builder, choose, isNumeric)
  if (!input) return
  const size = elementCount(input.shape)
  const shape: StaticShape = choose.of([[size], [1, size], [size, 1]])
  const written =
    size > 0 && choose.once(3) ? shape.map((extent) => (extent === size && size > 1 ? -1 : extent)) : shape
  const wanted = builder.constant(choose, ints([shape.length], written))
  const attrs = { T: typeAttr(input.dtype), Tshape: typeAttr('int32') }
  builder.one('Reshape', choose, { inputs: [input, wanted], attrs, dtype: input.dtype, shape })
}

const concat: Grow = (builder, choose) => {
  const a = some(builder, choose, (wire) => isNumeric(wire) && wire.shape.length === 1)
  const b = a && some(builder, choose, (wire) => wire.dtype === a.dtype && wire.shape.length === 1)
  if (!a || !b || a.shape[0]! + b.shape[0]! > 24) return
  const axis = builder.constant(choose, ints([], [0]), { shared: 2 })
  const attrs = { T: typeAttr(a.dtype), N: intAttr(2), Tidx: typeAttr('int32') }
  const shape = [a.shape[0]! + b.shape[0]!]
  builder.one('ConcatV2', choose, { inputs: [a, b, axis], attrs, dtype: a.dtype, shape })
}

const pack: Grow = (builder, choose) => {
  const a = some(builder, choose, (wire) => isNumeric(wire) && wire.shape.length < 3)
  const b = a && some(builder, choose, (wire) => wire.dtype === a.dtype && `${wire.shape}` === `${a.shape}`)
  if (!a || !b) return
  const attrs: Record<string, Attr> = { T: typeAttr(a.dtype), N: intAttr(2) }
  if (choose.once(2)) attrs.axis = intAttr(0)
  builder.one('Pack', choose, { inputs: [a, b], attrs, dtype: a.dtype, shape: [2, ...a.shape] })
}

const unpack: Grow = (builder, choose) => {
  const input = some(builder, choose, (wire) => isNumeric(wire) && wire.shape[0] === 2)
  if (!input) return
  const each = { dtype: input.dtype, shape: input.shape.slice(1) }
  const attrs = { T: typeAttr(input.dtype), num: intAttr(2) }
  builder.add('Unpack', choose, { inputs: [input], attrs, outputs: [each, each] })
}

const shapeN: Grow = (builder, choose) => {
  const a = some(builder, choose, isNumeric)
  const b = a && some(builder, choose, (wire) => wire.dtype === a.dtype)
  if (!a || !b) return
  const outputs = [a, b].map((wire) => ({ dtype: 'int32' as DataType, shape: [wire.shape.length] }))
  builder.add('ShapeN', choose, { inputs: [a, b], attrs: { T: typeAttr(a.dtype), N: intAttr(2) }, outputs })
}

const fill: Grow = (builder, choose) => {
  const value = some(builder, choose, (wire) => isNumeric(wire) && wire.shape.length === 0)
  if (!value) return
  const shape: StaticShape = choose.of([[2, 3], [3], [4, 4], [400]])
  const dims = builder.constant(choose, ints([shape.length], shape))
  const attrs = { T: typeAttr(value.dtype), index_type: typeAttr('int32') }
  builder.one('Fill', choose, { inputs: [dims, value], attrs, dtype: value.dtype, shape })
}

const random: Grow = (builder, choose) => {
  const shape = builder.constant(choose, ints([1], [3]))
  const attrs = { T: typeAttr('int32'), dtype: typeAttr('float32'), seed: intAttr(1) }
  builder.one('RandomUniform', choose, { inputs: [shape], attrs, shape: [3] })
}

const placeholder: Grow = (builder, choose) => {
  if (builder.placeholders.length >= 3) return
  const shape = choose.of(shapes)
  const declared = choose.of([undefined, undefined, null, shape.map(() => null)])
  builder.placeholder(choose, choose.of(numeric), shape, declared === undefined ? {} : { declared })
}

const identityN: Grow = (builder, choose) => {
  const a = some(builder, choose, isNumeric)
  const b = some(builder, choose, isNumeric)
  if (!a || !b) return
  const outputs = [a, b].map(({ dtype, shape }) => ({ dtype, shape }))
  builder.add('IdentityN', choose, { inputs: [a, b], attrs: { T: typesAttr([a.dtype, b.dtype]) }, outputs })
}

const noOp: Grow = (builder, choose) => {
  builder.add('NoOp', choose, {})
}

const start: Grow = (builder, choose) => {
  builder.placeholder(choose, 'float32', [2, 3])
  constant(builder, choose)
}

const steps: Family['steps'] = [
  ['constant', constant],
  ['binary', binary],
  ['binary', binary],
  ['unary', unary],
  ['unary', unary],
  ['cast', cast],
  ['comparison', comparison],
  ['shape', shapeOf],
  ['shape', shapeOf],
  ['reduction', reduction],
  ['reshape', reshape],
  ['concat', concat],
  ['pack', pack],
  ['unpack', unpack],
  ['shapes', shapeN],
  ['fill', fill],
  ['random', random],
  ['placeholder', placeholder],
  ['several', identityN],
  ['no-op', noOp],
]

/** An input is seldom an output too, which the tool refuses; and some are not listed. */
const endpoints: NonNullable<Family['endpoints']> = (ends, builder, choose) => {
  const others = ends.outputs.filter((name) => !ends.inputs.includes(name) || choose.once(15))
  const last = builder.wires.findLast((wire) => !builder.placeholders.includes(wire.name.node) && wire.name.port === 0)
  if (others.length > 0 || last) ends.outputs = others.length > 0 ? others : [last!.name.node]
  ends.inputs = ends.inputs.filter(() => !choose.once(15))
}

/** A family of such graphs with its own chains. */
export function arithmetic(rest: Pick<Family, 'chain'> & Partial<Family>): Family {
  return { start, steps, endpoints, most: 12, decoration: { controlInputs: 8, devices: 8, privateAttrs: 8 }, ...rest }
}

/** The chain of fold_constants with its parameters. */
export function foldConstantsChain(builder: GraphBuilder, choose: Choices): string {
  const parameters: string[] = []
  if (choose.once(8)) parameters.push('clear_output_shapes=false')
  if (choose.once(6)) parameters.push(`exclude_op=${choose.latest(builder.nodes).op}`)
  if (choose.once(6)) parameters.push(`exclude_node=${choose.latest(builder.nodes).name}`)
  if (choose.once(6)) parameters.push(`max_constant_size_in_bytes=${choose.of([16, 8, 100, 0])}`)
  return parameters.length ? `fold_constants(${parameters.join(', ')})` : 'fold_constants'
}
