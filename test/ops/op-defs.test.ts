import { describe, expect, test } from 'vitest'
import type { DataType } from '../../src/graph/data-type.js'
import { Node } from '../../src/graph/node.js'
import {
  attrOrDefault,
  defaultAttrs,
  inputTypes,
  isStateful,
  opDef,
  opNames,
  outputCount,
  outputTypes,
} from '../../src/ops/op-defs.js'

type Given = Record<string, DataType | readonly DataType[] | number>

/** A node with types as words, lists of types as arrays and integers as numbers. */
function node(op: string, given: Given = {}): Node {
  const made = new Node({ name: 'n', op })
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'number') made.attrs.setInt(name, value)
    else if (typeof value === 'string') made.attrs.setType(name, value)
    else made.attrs.set(name, { kind: 'list', value: { type: value } })
  }
  return made
}

describe('op signatures', () => {
  test('reads inputs, outputs, attributes and flags of an op', () => {
    const def = opDef('Conv2D')!
    expect(def.inputs).toEqual([
      { name: 'input', typeAttr: 'T', isRef: false },
      { name: 'filter', typeAttr: 'T', isRef: false },
    ])
    expect(def.outputs).toEqual([{ name: 'output', typeAttr: 'T', isRef: false }])
    expect(def.attrs.get('T')!.allowedTypes).toEqual(['float32', 'float64', 'int32', 'bfloat16', 'float16'])
    expect(def.attrs.get('padding')!.allowedStrings).toEqual(['SAME', 'VALID', 'EXPLICIT'])
    expect(def).toMatchObject({ stateful: false, commutative: false, cpuKernel: true })
    expect(opDef('AddV2')).toMatchObject({ commutative: true, aggregate: true })
    expect(opDef('Assign')!.inputs[0]).toEqual({ name: 'ref', typeAttr: 'T', isRef: true })
  })

  test('every line of the table can be read, and refers to attributes that the op has', () => {
    const names = opNames()
    expect(names.length).toBeGreaterThan(1800)
    for (const name of names) {
      const def = opDef(name)!
      expect(def.name).toBe(name)
      for (const arg of [...def.inputs, ...def.outputs]) {
        for (const attr of [arg.typeAttr, arg.typeListAttr, arg.numberAttr]) {
          if (attr !== undefined) expect(def.attrs.has(attr), `${name}.${attr}`).toBe(true)
        }
      }
    }
  })

  test('an op that is not known has no signature and may be stateful', () => {
    expect(opDef('NoSuchOp')).toBeUndefined()
    expect(isStateful('NoSuchOp')).toBe(true)
    expect(isStateful('RandomUniform')).toBe(true)
    expect(isStateful('Relu')).toBe(false)
    expect(outputCount(node('NoSuchOp'))).toBeUndefined()
    expect(outputTypes(node('NoSuchOp'))).toBeUndefined()
  })
})

describe('defaults', () => {
  test('are attribute values of the right kind', () => {
    expect(defaultAttrs('Conv2D').get('data_format')).toEqual({ kind: 's', value: new TextEncoder().encode('NHWC') })
    expect(defaultAttrs('Conv2D').get('dilations')).toEqual({ kind: 'list', value: { i: [1n, 1n, 1n, 1n] } })
    expect(defaultAttrs('Conv2D').get('explicit_paddings')).toEqual({ kind: 'list', value: {} })
    expect(defaultAttrs('FusedBatchNorm').get('epsilon')).toEqual({ kind: 'f', value: Math.fround(1e-4) })
    expect(defaultAttrs('FusedBatchNorm').get('is_training')).toEqual({ kind: 'b', value: true })
    expect(defaultAttrs('Placeholder').get('shape')).toEqual({ kind: 'shape', value: null })
    expect(defaultAttrs('ArgMax').get('output_type')).toEqual({ kind: 'type', value: 'int64' })
    expect(defaultAttrs('PrintV2').get('end')).toEqual({ kind: 's', value: new TextEncoder().encode('\n') })
    expect(defaultAttrs('NoSuchOp').size).toBe(0)
    const colour = defaultAttrs('ImageSummary').get('bad_color')
    expect(colour?.kind === 'tensor' && colour.value.numbers()).toEqual([255, 0, 0, 255])
  })

  test('stand in for what a node does not say', () => {
    expect(attrOrDefault(node('LRN'), 'depth_radius')).toEqual({ kind: 'i', value: 5n })
    const said = node('LRN', { depth_radius: 2 })
    expect(attrOrDefault(said, 'depth_radius')).toEqual({ kind: 'i', value: 2n })
    expect(attrOrDefault(node('LRN'), 'no_such_attr')).toBeUndefined()
  })
})

describe('dtypes and numbers of inputs and outputs', () => {
  test.each<[string, Given, DataType[]]>([
    ['Split', { num_split: 3, T: 'int64' }, ['int64', 'int64', 'int64']],
    ['Unpack', { num: 2, T: 'string' }, ['string', 'string']],
    ['Switch', { T: 'float16' }, ['float16', 'float16']],
    ['Merge', { T: 'bool', N: 2 }, ['bool', 'int32']],
    ['Shape', { T: 'float32' }, ['int32']],
    ['VariableV2', { dtype: 'float32' }, ['float32_ref']],
    ['NoOp', {}, []],
    ['While', { T: ['int32', 'resource'] }, ['int32', 'resource']],
    [
      'FusedBatchNormV3',
      { T: 'float16', U: 'float32' },
      ['float16', 'float32', 'float32', 'float32', 'float32', 'float32'],
    ],
  ])('%s', (op, given, types) => {
    const made = node(op, given)
    expect(outputTypes(made)).toEqual(types)
    expect(outputCount(made)).toBe(types.length)
  })

  test('inputs of several kinds', () => {
    const concat = node('ConcatV2', { N: 2, T: 'uint8' })
    expect(inputTypes(concat)).toEqual(['uint8', 'uint8', 'int32'])
    const branch = node('If', { Tcond: 'bool', Tin: ['float32'] })
    expect(inputTypes(branch)).toEqual(['bool', 'float32'])
    expect(outputTypes(branch)).toBeUndefined()
  })

  test('are unknown where an attribute they need is missing, but a fixed number of outputs is known', () => {
    expect(outputTypes(node('Conv2D'))).toBeUndefined()
    expect(outputTypes(node('AdjustHue'))).toEqual(['float32'])
    expect(outputTypes(node('Identity'))).toBeUndefined()
    expect(outputCount(node('Identity'))).toBe(1)
    expect(outputCount(node('Split'))).toBeUndefined()
  })
})
