import type { DataType } from '../../../src/graph/data-type.js'
import { elementCount, type StaticShape } from '../../../src/graph/shape.js'
import { Tensor } from '../../../src/graph/tensor.js'
import type { Choices } from '../choices.js'
import type { Family, Grow } from '../fuzz-case.js'
import { tensorOf, typeAttr } from '../graph-builder.js'

/** Constants of all sorts, each read by one node: for the transforms that round or quantize weights. */
const shapes: readonly StaticShape[] = [[16], [4, 5], [2, 2, 3, 3], [15], [], [1], [0], [3], [33]]
const dtypes: readonly DataType[] = [
  'float32',
  'float32',
  'float32',
  'float32',
  'float64',
  'int32',
  'float16',
  'bool',
  'uint8',
]

/** One number of a constant, by how it is made. */
const kinds: Readonly<Record<string, (choose: Choices) => number>> = {
  eighths: (choose) => choose.between(-16, 16) / 8,
  fractions: (choose) => (choose.below(0xffff) / 0xffff) * 2 - 1,
  positive: (choose) => (choose.below(0xffff) + 1) / 0x1000,
  negative: (choose) => -(choose.below(0xffff) + 1) / 0x1000,
  zero: () => 0,
  same: () => 0.3,
  sameNegative: () => -1.7,
  small: (choose) => (choose.below(0xffff) - 0x8000) * 1e-8,
  tiny: (choose) => (choose.below(100) - 50) * 1e-40,
  huge: (choose) => (choose.below(100) - 50) * 1e36,
  hugest: (choose) => (choose.below(2) ? 1 : -1) * 3.4e38,
  notFinite: (choose) => choose.of([0.5, -1, Number.NaN, Infinity, -Infinity, 2]),
}

function weights(choose: Choices): Tensor {
  const dtype = choose.of(dtypes)
  const shape = choose.of(shapes)
  const count = elementCount(shape)
  const names = Object.keys(kinds)
  const kind = kinds[names[dtype === 'float32' ? choose.below(names.length) : 0]!]!
  const values = Array.from({ length: count }, () => kind(choose))
  return tensorOf(choose, dtype, shape, values)
}

const constant: Grow = (builder, choose) => {
  const tensor = weights(choose)
  const read = builder.constant(choose, tensor)
  const attrs = { T: typeAttr(tensor.dtype) }
  builder.one('Identity', choose, { inputs: [read], attrs, dtype: tensor.dtype, shape: tensor.shape })
}

/** A dtype attribute that is not the tensor's, or none; a constant without value. */
const broken: Grow = (builder, choose) => {
  if (!choose.once(3)) return constant(builder, choose)
  const attrs = { dtype: typeAttr('float32'), value: { kind: 'tensor', value: weights(choose) } as const }
  const [drop] = [choose.of(['', 'dtype', 'value'])]
  const kept = Object.fromEntries(Object.entries(attrs).filter(([name]) => name !== drop))
  builder.one('Const', choose, { attrs: kept, shape: [16] })
}

const taken: Grow = (builder, choose) => {
  // A name that the transform would give.
  const owner = builder.constants.at(-1)
  const suffix = choose.of(['_quantized_const', '_quantized_min', '_quantized_max'])
  const name = `${owner?.name.node}${suffix}`
  if (!owner || builder.nodes.some((node) => node.name === name)) return
  builder.one('Const', choose, {
    name,
    attrs: { dtype: typeAttr('int32'), value: { kind: 'tensor', value: Tensor.of('int32', [], Int32Array.of(1)) } },
    dtype: 'int32',
    shape: [],
  })
}

const start: Grow = (builder, choose) => {
  builder.placeholder(choose, 'float32', [2])
}

/** A family of such graphs with its own chains. */
export function weightsOf(chain: Family['chain']): Family {
  return {
    start,
    steps: [
      ['constant', constant],
      ['constant', constant],
      ['constant', constant],
      ['constant', constant],
      ['broken constant', broken],
      ['name that is taken', taken],
    ],
    most: 4,
    decoration: { controlInputs: 4, devices: 4, privateAttrs: 5 },
    chain,
  }
}
