import type { DataType } from '../../../src/graph/data-type.js'
import type { StaticShape } from '../../../src/graph/shape.js'
import { Tensor } from '../../../src/graph/tensor.js'
import type { Choices } from '../choices.js'
import type { Family, Grow } from '../fuzz-case.js'
import {
  type Attr,
  floats,
  type GraphBuilder,
  intAttr,
  ints,
  shapeAttr,
  tensorOf,
  typeAttr,
  type Wire,
} from '../graph-builder.js'

/**
 * Graphs of ops that mostly pass on what they read: for the transforms that look at names, edges, devices and attributes and
 * not at what an op computes. Tensors are float32 of [2,2].
 */
const shape: StaticShape = [2, 2]
const T = typeAttr('float32')

const isFloat = (wire: Wire): boolean => wire.dtype === 'float32' && wire.shape.length === 2 && wire.shape[0] === 2

function read(builder: GraphBuilder, choose: Choices): Wire {
  return choose.latest(builder.wires.filter(isFloat))
}

const unary =
  (...ops: string[]): Grow =>
  (builder, choose) => {
    const op = choose.of(ops)
    const attrs: Record<string, Attr> = op === 'CheckNumerics' ? { T, message: 'no' } : { T }
    builder.one(op, choose, { inputs: [read(builder, choose)], attrs, shape })
  }

const binary: Grow = (builder, choose) => {
  const inputs = [read(builder, choose), read(builder, choose)]
  builder.one(choose.of(['Add', 'Mul', 'Sub', 'Maximum']), choose, { inputs, attrs: { T }, shape })
}

const sum: Grow = (builder, choose) => {
  const inputs = Array.from({ length: choose.between(1, 3) }, () => read(builder, choose))
  builder.one('AddN', choose, { inputs, attrs: { T, N: intAttr(inputs.length) }, shape })
}

const constant: Grow = (builder, choose) => {
  builder.constant(choose, floats(choose, shape))
}

const placeholder: Grow = (builder, choose) => {
  if (builder.placeholders.length < 3) builder.placeholder(choose, 'float32', shape)
}

const placeholderWithDefault: Grow = (builder, choose) => {
  const inputs = [read(builder, choose)]
  const attrs = { dtype: T, shape: { kind: 'shape', value: shape } as const }
  builder.one('PlaceholderWithDefault', choose, { inputs, attrs, shape })
}

const split: Grow = (builder, choose) => {
  const axis = builder.constant(choose, ints([], [0]), { shared: 2 })
  const half = { dtype: 'float32', shape: [1, 2] } as const
  const inputs = [axis, read(builder, choose)]
  const halves = builder.add('Split', choose, { inputs, attrs: { T, num_split: intAttr(2) }, outputs: [half, half] })
  const back = choose.once(3) ? halves.toReversed() : choose.once(3) ? [halves[1]!, halves[1]!] : halves
  builder.one('ConcatV2', choose, {
    inputs: [...back, axis],
    attrs: { T, N: intAttr(2), Tidx: typeAttr('int32') },
    shape,
  })
}

const noOp: Grow = (builder, choose) => {
  builder.add('NoOp', choose, {})
}

const control: Grow = (builder, choose) => {
  // A node that others can wait for, and one that does.
  const asked = choose.latest(builder.nodes)
  const { decoration } = builder
  const before = decoration.controlInputs
  decoration.controlInputs = 1
  if (asked) unary('Relu', 'Identity', 'Neg')(builder, choose)
  decoration.controlInputs = before
}

const branch: Grow = (builder, choose) => {
  const predicate = builder.constant(choose, tensorOf(choose, 'bool', [], [choose.below(2)]))
  const side = { dtype: 'float32', shape: [2, 2] } as const
  const attrs = { T }
  const inputs = [read(builder, choose), predicate]
  const [no, yes] = builder.add('Switch', choose, { inputs, attrs, outputs: [side, side] })
  const on = builder.one(choose.of(['Identity', 'Relu']), choose, { inputs: [yes!], attrs, shape })
  const off = choose.once(2) ? builder.one('Identity', choose, { inputs: [no!], attrs, shape }) : no!
  builder.add('Merge', choose, {
    inputs: [off, on],
    attrs: { T, N: intAttr(2) },
    outputs: [side, { dtype: 'int32', shape: [] }],
  })
}

const several: Grow = (builder, choose) => {
  const inputs = [read(builder, choose), read(builder, choose)]
  const outputs = inputs.map(({ dtype, shape }) => ({ dtype, shape }))
  builder.add('IdentityN', choose, {
    inputs,
    attrs: { T: { kind: 'list', value: { type: ['float32', 'float32'] } } },
    outputs,
  })
}

/** A node like one that is there. */
const twin: Grow = (builder, choose) => {
  const node = choose.latest(builder.nodes.filter(({ op }) => op !== 'Placeholder'))
  if (!node) return
  const name = `twin${builder.nodes.length}`
  const copy = node.renamed(name)
  const made = builder.wires.filter((wire) => wire.name.node === node.name)
  builder.nodes.push(copy)
  builder.wires.push(...made.map((wire) => ({ ...wire, name: { node: name, port: wire.name.port } })))
  if (node.op === 'Const') builder.constants.push(builder.wires.at(-1)!)
}

/** Two products of one matrix with itself that differ in which of the two is turned. */
const products: Grow = (builder, choose) => {
  const input = read(builder, choose)
  const transpose = choose.of(['transpose_a', 'transpose_b'])
  const attrs: Record<string, Attr> = { T, transpose_a: false, transpose_b: false, [transpose]: true }
  builder.one('MatMul', choose, { inputs: [input, input], attrs, shape })
}

/** What reads the constant of a list through an Identity, as an embedding does. */
const lookup: Grow = (builder, choose) => {
  const rows = choose.between(2, 5)
  const values = Array.from({ length: rows }, () => choose.of([0, 1, 0.5, 0, 1e-5, -2, 1e-6]))
  const width = choose.once(8) ? 2 : 1
  const weights = builder.constant(choose, tensorOf(choose, 'float32', [rows, width], values), { shared: 3 })
  const through = choose.once(6)
    ? weights
    : builder.one('Identity', choose, { inputs: [weights], attrs: { T }, shape: weights.shape })
  const dtype = choose.of<DataType>(['int64', 'int32'])
  const ids = builder.constant(choose, tensorOf(choose, dtype, [2], [choose.below(rows), choose.below(rows)]))
  const second = choose.once(2)
  const axis = builder.constant(choose, ints([], [choose.once(12) ? 1 : 0]), { shared: 2 })
  const attrs: Record<string, Attr> = { Tparams: T, Tindices: typeAttr(dtype) }
  if (second) attrs.Taxis = typeAttr('int32')
  if (second && choose.once(2)) attrs.batch_dims = intAttr(0)
  const inputs = second ? [through, ids, axis] : [through, ids]
  const gathered = builder.one(second ? 'GatherV2' : 'Gather', choose, { inputs, attrs, shape: [2, width] })
  if (width === 1) {
    const concatAxis = builder.constant(choose, ints([], [1]), { shared: 2 })
    builder.one('ConcatV2', choose, {
      inputs: [gathered, gathered, concatAxis],
      attrs: { T, N: intAttr(2), Tidx: typeAttr('int32') },
      shape,
    })
  }
}

/** A TensorArray that is written and read. */
const tensorArray: Grow = (builder, choose) => {
  const size = builder.constant(choose, ints([], [2]), { shared: 2 })
  const index = builder.constant(choose, ints([], [0]), { shared: 2 })
  const [handle, flow] = builder.add('TensorArrayV3', choose, {
    inputs: [size],
    attrs: { dtype: T },
    outputs: [
      { dtype: 'resource', shape: [] },
      { dtype: 'float32', shape: [] },
    ],
  })
  const written = builder.one('TensorArrayWriteV3', choose, {
    inputs: [handle!, index, read(builder, choose), flow!],
    attrs: { T },
    shape: [],
  })
  const op = choose.of(['TensorArrayReadV3', 'TensorArraySizeV3', 'TensorArrayGatherV3', 'TensorArrayCloseV3'])
  if (op === 'TensorArrayReadV3') {
    builder.one(op, choose, { inputs: [handle!, index, written], attrs: { dtype: T }, shape })
  } else if (op === 'TensorArraySizeV3') {
    builder.one(op, choose, { inputs: [handle!, written], dtype: 'int32', shape: [] })
  } else if (op === 'TensorArrayGatherV3') {
    const all = builder.constant(choose, ints([1], [0]), { shared: 2 })
    builder.one(op, choose, { inputs: [handle!, all, written], attrs: { dtype: T }, shape: [1, 2, 2] })
  } else builder.add(op, choose, { inputs: [handle!] })
}

/** A predicate that is fed while training, and a branch that depends on it. */
const training: Grow = (builder, choose) => {
  const name = choose.of(['is_training', 'keras_learning_phase', 'phase/input'])
  if (builder.nodes.some((node) => node.name === name)) return
  const predicate = builder.one('Placeholder', choose, {
    name,
    attrs: { dtype: typeAttr('bool'), shape: shapeAttr([]) },
    dtype: 'bool',
    shape: [],
  })
  const inputs = [predicate, read(builder, choose), read(builder, choose)]
  builder.one('SelectV2', choose, { inputs, attrs: { T }, shape })
}

/** A product in eight bits whose range is found when it runs. */
const ranges: Grow = (builder, choose) => {
  const low = builder.constant(choose, Tensor.of('float32', [], Float32Array.of(-1)), { shared: 2 })
  const high = builder.constant(choose, Tensor.of('float32', [], Float32Array.of(1)), { shared: 2 })
  const float = { dtype: 'float32', shape: [] } as const
  const [bytes, least, most] = builder.add('QuantizeV2', choose, {
    inputs: [read(builder, choose), low, high],
    attrs: { T: typeAttr('qint32'), mode: 'MIN_FIRST' },
    outputs: [{ dtype: 'qint32', shape }, float, float],
  })
  const [from, to] = builder.add('RequantizationRange', choose, {
    inputs: [bytes!, least!, most!],
    attrs: { Tinput: typeAttr('qint32') },
    outputs: [float, float],
  })
  const requantized = builder.add('Requantize', choose, {
    inputs: [bytes!, least!, most!, from!, to!],
    attrs: { Tinput: typeAttr('qint32'), out_type: typeAttr('quint8') },
    outputs: [{ dtype: 'quint8', shape }, float, float],
  })
  builder.one('Dequantize', choose, {
    inputs: requantized,
    attrs: { T: typeAttr('quint8'), mode: 'MIN_FIRST' },
    shape,
  })
}

/** Dropout as TensorFlow 1 and 2 write it, which keeps all or half. */
const dropout: Grow = (builder, choose) => {
  const input = read(builder, choose)
  const keep = builder.constant(choose, Tensor.of('float32', [], Float32Array.of(choose.of([1, 1, 0.5]))))
  const attrs = { T }
  const size = builder.one('Shape', choose, { inputs: [input], attrs: { T }, dtype: 'int32', shape: [2] })
  const random = builder.one('RandomUniform', choose, {
    inputs: [size],
    attrs: { T: typeAttr('int32'), dtype: T },
    shape,
  })
  const added = builder.one('Add', choose, { inputs: [keep, random], attrs, shape })
  const mask = builder.one('Floor', choose, { inputs: [added], attrs, shape })
  const scaled = builder.one('RealDiv', choose, { inputs: [input, keep], attrs, shape })
  builder.one('Mul', choose, { inputs: [scaled, mask], attrs, shape })
}

/** More steps, for the transforms that are about them. */
export const plumbingSteps: Record<string, Family['steps'][number]> = {
  twin: ['twin', twin],
  products: ['products', products],
  lookup: ['lookup', lookup],
  tensorArray: ['tensor array', tensorArray],
  training: ['training', training],
  dropout: ['dropout', dropout],
  branch: ['branch', branch],
  ranges: ['ranges', ranges],
}

const steps: Family['steps'] = [
  ['identity', unary('Identity')],
  ['identity', unary('Identity', 'StopGradient', 'CheckNumerics', 'Snapshot')],
  ['unary', unary('Relu', 'Neg', 'Abs', 'Square')],
  ['binary', binary],
  ['sum', sum],
  ['constant', constant],
  ['placeholder', placeholder],
  ['split', split],
  ['no-op', noOp],
  ['control', control],
  ['branch', branch],
  ['several', several],
  ['placeholder with default', placeholderWithDefault],
]

const start: Grow = (builder, choose) => {
  builder.placeholder(choose, 'float32', shape)
}

const decoration: Family['decoration'] = { controlInputs: 4, devices: 5, privateAttrs: 8 }

/** A family of such graphs with its own chains, and more steps, which count as much as all others. */
export function plumbing(rest: Pick<Family, 'chain'> & Partial<Family>, more: readonly string[] = []): Family {
  const added = more.map((name) => plumbingSteps[name]!)
  const often = added.length ? Array.from({ length: Math.ceil(steps.length / added.length) }, () => added).flat() : []
  return { start, steps: [...often, ...steps], decoration, most: 10, ...rest }
}

/** The name of any node; once in a while of none. */
export function nodeName(builder: GraphBuilder, choose: Choices): string {
  return choose.once(12) ? 'absent' : choose.latest(builder.nodes).name
}

/** Inputs may be computed nodes too, which are then cut off from what they read. */
export const anyInput: NonNullable<Family['endpoints']> = (ends, builder, choose) => {
  if (choose.once(2)) ends.inputs = ends.inputs.filter(() => !choose.once(3))
  if (!choose.once(2)) return
  // What is fed within one branch of a condition would come in any case.
  const switches = new Set(builder.nodes.filter(({ op }) => op === 'Switch').map(({ name }) => name))
  const inBranch = new Set(
    builder.nodes.filter(({ inputs }) => inputs.some((input) => switches.has(input.node))).map(({ name }) => name),
  )
  const inner = choose.latest(builder.wires.filter((wire) => isFloat(wire) && !inBranch.has(wire.name.node))).name
  if (!ends.inputs.includes(inner.node) && (inner.port === 0 || choose.once(3))) ends.inputs.push(inner.node)
}
