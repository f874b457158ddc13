import { describe, expect, test } from 'vitest'
import { bodyReference, FunctionLibrary, keepFunctions } from '../../src/codec/function-library.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { parsePbtxt } from '../../src/codec/pbtxt.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'

const text = `
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
library {
  function {
    signature {
      name: "f"
      input_arg { name: "p" type: DT_FLOAT }
      input_arg { name: "many" type_attr: "T" number_attr: "N" }
      output_arg { name: "z" type_list_attr: "Tout" }
      output_arg { name: "w" type: DT_FLOAT is_ref: true }
      attr { name: "T" type: "type" default_value { type: DT_INT32 } }
      control_output: "done"
    }
    node_def { name: "n" op: "Neg" input: "p" input: "^m" }
    node_def { name: "m" op: "NoOp" }
    ret { key: "z" value: "n:y:0" }
    ret { key: "w" value: "p" }
    control_ret { key: "done" value: "m" }
  }
  function { signature { name: "g" } }
  function { signature { name: "f_grad" } }
  gradient { function_name: "f" gradient_func: "f_grad" }
}
versions { producer: 27 }`

describe('the functions of a graph', () => {
  test('are read one by one', async () => {
    const { envelope } = readGraphDef(await parsePbtxt(text))
    const library = new FunctionLibrary(envelope)
    expect([...library.names]).toEqual(['f', 'g', 'f_grad'])
    expect(library.has('h')).toBe(false)
    expect(library.get('h')).toBeUndefined()
    expect(library.byteLength('g')).toBe(5)
    const f = library.get('f')!
    expect(library.get('f')).toBe(f)
    expect(f.inputs).toEqual([
      { name: 'p', type: 'float32', isRef: false },
      { name: 'many', typeAttr: 'T', numberAttr: 'N', isRef: false },
    ])
    expect(f.outputs).toEqual([
      { name: 'z', typeListAttr: 'Tout', isRef: false },
      { name: 'w', type: 'float32', isRef: true },
    ])
    expect(f.attrDefaults.get('T')).toEqual({ kind: 'type', value: 'int32' })
    expect(f.nodes.map(({ name, op }) => [name, op])).toEqual([
      ['n', 'Neg'],
      ['m', 'NoOp'],
    ])
    expect(bodyReference(f.returns.get('z')!)).toEqual({ name: 'n', output: 'y', index: 0 })
    expect(bodyReference(f.returns.get('w')!)).toEqual({ name: 'p', output: undefined, index: 0 })
    expect(f.controlReturns).toEqual(['m'])
  })

  test.each([
    ['arg', { name: 'arg', output: undefined, index: 0 }],
    ['arg:2', { name: 'arg', output: undefined, index: 2 }],
    ['node:out', { name: 'node', output: 'out', index: 0 }],
    ['node:out:3', { name: 'node', output: 'out', index: 3 }],
  ])('are referred to within as %s', (reference, expected) => {
    expect(bodyReference(parseTensorName(reference))).toEqual(expected)
  })

  test('are kept in part, with the gradients of those that stay', async () => {
    const { envelope } = readGraphDef(await parsePbtxt(text))
    expect(keepFunctions(envelope, new Set(['f', 'g', 'f_grad']))).toBe(envelope)
    const fewer = keepFunctions(envelope, new Set(['f', 'f_grad']))
    expect([...fewer.functionNames]).toEqual(['f', 'f_grad'])
    expect([...new FunctionLibrary(fewer).names]).toEqual(['f', 'f_grad'])
    expect(Buffer.concat(fewer.otherFields).toString('latin1').split('f_grad')).toHaveLength(3)
    const alone = keepFunctions(envelope, new Set(['f']))
    expect(Buffer.concat(alone.otherFields).toString('latin1')).not.toContain('f_grad')
    const none = keepFunctions(envelope, new Set())
    expect(none.otherFields).toHaveLength(envelope.otherFields.length - 1)
    expect(none.versions).toEqual(envelope.versions)
  })
})
