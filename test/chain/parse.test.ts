import { describe, expect, it } from 'vitest'
import { parseChain, printChain } from '../../src/chain/parse.js'
import { GraphdefError } from '../../src/errors.js'

const canonical = (text: string | string[], presets = {}): string[] => printChain(parseChain(text, { presets }))

function errorOf(text: string | string[], presets = {}): GraphdefError {
  try {
    parseChain(text, { presets })
  } catch (error) {
    if (error instanceof GraphdefError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(text)} was read without an error`)
}

describe('the text of a chain', () => {
  it('is what the Graph Transform Tool took, line breaks included', () => {
    const text = `
      strip_unused_nodes(type=float, shape="1,299,299,3")
      remove_nodes(op=Identity, op=CheckNumerics)
      fold_constants(ignore_errors=true)
      fold_batch_norms
      fold_old_batch_norms
      quantize_weights`
    expect(canonical(text)).toEqual([
      'strip_unused_nodes(type=float, shape="1,299,299,3")',
      'remove_nodes(op=Identity, op=CheckNumerics)',
      'fold_constants(ignore_errors=true)',
      'fold_batch_norms',
      'fold_old_batch_norms',
      'quantize_weights',
    ])
  })

  it.each([
    ['strip_unused_nodes(shape="256*64")', 'strip_unused_nodes(shape="256,64")'],
    ['strip_unused_nodes(shape="1x224x224x3")', 'strip_unused_nodes(shape="1,224,224,3")'],
    ['strip_unused_nodes(shape=1,224,224,3, type=float)', 'strip_unused_nodes(type=float, shape="1,224,224,3")'],
    ["strip_unused_nodes(shape='1, 224, 224, 3')", 'strip_unused_nodes(shape="1,224,224,3")'],
    ['strip_unused_nodes (shape = "1,-1")', 'strip_unused_nodes(shape="1,-1")'],
    ['remove_nodes(op=Identity op=CheckNumerics)', 'remove_nodes(op=Identity, op=CheckNumerics)'],
    ['remove_nodes(,op=Identity,)', 'remove_nodes(op=Identity)'],
    ['round_weights( num_steps=64 )', 'round_weights(num_steps=64)'],
    ["round_weights(num_steps=64')", 'round_weights(num_steps=64)'],
    ['round_weights()', 'round_weights'],
    ['strip_unused_nodes(shape=[])', 'strip_unused_nodes(shape="[]")'],
    ['round_weights(num_steps=256)', 'round_weights'],
    ['fold_constants(ignore_errors=TRUE)', 'fold_constants(ignore_errors=true)'],
    ['fold_constants(exclude_op="a\\"b")', 'fold_constants(exclude_op="a\\"b")'],
  ])('%s reads as %s', (text, expected) => {
    expect(canonical(text)).toEqual([expected])
    expect(canonical(expected)).toEqual([expected])
  })

  it('separates items by commas, pluses, semicolons, spaces and line ends with a backslash', () => {
    const expected = ['fold_batch_norms', 'round_weights', 'sort_by_execution_order']
    for (const separator of [',', '+', ';', ' ', '\n', ' \\\n ', ', ']) {
      expect(canonical(`fold_batch_norms${separator}round_weights()${separator}sort_by_execution_order`)).toEqual(
        expected,
      )
    }
    expect(canonical(expected)).toEqual(expected)
  })

  it('stands for the default preset when empty', () => {
    expect(canonical('')).toEqual(canonical('deploy'))
    expect(printChain(parseChain('', { presets: { web: ['round_weights'] }, defaultPreset: 'web' }))).toEqual([
      'round_weights',
    ])
  })
})

describe('presets', () => {
  it('expand in place, nest, and are replaced by those of the configuration', () => {
    const deploy = canonical('deploy')
    expect(canonical('deploy,round_weights(num_steps=64)')).toEqual([...deploy, 'round_weights(num_steps=64)'])
    expect(canonical('web', { web: ['deploy', 'quantize_weights(minimum_size=4096)'] })).toEqual([
      ...deploy,
      'quantize_weights(minimum_size=4096)',
    ])
    expect(canonical('deploy', { deploy: ['fold_batch_norms'] })).toEqual(['fold_batch_norms'])
  })

  it('lose the steps that a minus takes out', () => {
    expect(canonical('deploy,-fold_constants')).toEqual(
      canonical('deploy').filter((step) => !step.startsWith('fold_constants')),
    )
  })

  it('must not contain themselves', () => {
    const error = errorOf('a', { a: ['b'], b: ['a'] })
    expect(error.message).toBe(
      'the preset "a" contains itself: a → b → a\n  a\n  ^\n  Take the circle out of the presets in the configuration.',
    )
  })
})

describe('an error in a chain', () => {
  it('names an unknown transform, its place, and what was meant', () => {
    const error = errorOf('deploy, fold_constant')
    expect(error.code).toBe('unknown-transform')
    expect(error.message.split('\n').slice(0, 4)).toEqual([
      'there is no transform or preset "fold_constant"',
      '  deploy, fold_constant',
      '          ^',
      '  did you mean "fold_constants"?',
    ])
    expect(error.message).toMatch(/Presets: deploy, .*\n {2}Transforms: .*strip_unused_nodes/)
  })

  it('names an unknown parameter', () => {
    expect(errorOf('round_weights(num_step=4)').message).toBe(
      'round_weights has no parameter "num_step"\n  round_weights(num_step=4)\n                ^\n' +
        '  transform: round_weights\n  did you mean "num_steps"?\n  Its parameters are: num_steps, ignore_errors.',
    )
  })

  it.each([
    ['round_weights(num_steps=many)', 'the parameter num_steps of round_weights is wrong: "many" is not an integer'],
    ['round_weights(num_steps=1.5)', 'the parameter num_steps of round_weights is wrong: "1.5" is not an integer'],
    [
      'round_weights(num_steps=1, num_steps=2)',
      'the parameter num_steps of round_weights is wrong: is given 2 times, and only once is right',
    ],
    ['remove_attribute', 'the parameter attribute_name of remove_attribute must be given'],
    ['remove_nodes', 'the parameter op of remove_nodes must be given at least once'],
    [
      'strip_unused_nodes(type=flaot)',
      'the parameter type of strip_unused_nodes is wrong: "flaot" is not a data type such as float, int32 or string',
    ],
    [
      'strip_unused_nodes(shape="1,x")',
      'the parameter shape of strip_unused_nodes is wrong: "1,x" is not a shape such as 1,224,224,3',
    ],
    [
      'strip_unused_nodes(shape="")',
      'the parameter shape of strip_unused_nodes is wrong: the shape is empty; write [] for a scalar',
    ],
  ])('%s: %s', (text, what) => {
    const error = errorOf(text)
    expect(error.code).toBe('bad-option')
    expect(error.message.split('\n')[0]).toBe(what)
  })

  it.each([
    ['fold_constants(ignore_errors=yes)', 'ignore_errors should be true or false, found "yes"', 'bad-option'],
    ['round_weights(', 'the parenthesis after "round_weights" is never closed', 'chain-syntax'],
    ['round_weights(num_steps=4', 'the parenthesis after "round_weights" is never closed', 'chain-syntax'],
    ['round_weights(num_steps=', 'the parenthesis after "round_weights" is never closed', 'chain-syntax'],
    ['round_weights(num_steps', 'the parenthesis after "round_weights" is never closed', 'chain-syntax'],
    ['round_weights(num_steps)', 'the parameter "num_steps" has no value', 'chain-syntax'],
    ['round_weights(num_steps=)', 'the parameter "num_steps" has no value', 'chain-syntax'],
    ['round_weights(=4)', '"=" is not the start of a parameter of "round_weights"', 'chain-syntax'],
    ['strip_unused_nodes(shape="1,2)', 'the quotation mark " is never closed', 'chain-syntax'],
    ['deploy)', '")" cannot stand here', 'chain-syntax'],
    ['?', '"?" is not the start of a transform\'s name', 'chain-syntax'],
    ['-round_weights', '"-round_weights" takes out a step that is not there', 'chain-syntax'],
    ['-', '"the end of the text" is not the start of a transform\'s name', 'chain-syntax'],
    [
      'strip_unused_nodes(shape=“1,2”)',
      '“ is a typographic quotation mark, as word processors and web pages put in',
      'chain-syntax',
    ],
    ['deploy,–fold_constants', '– is a typographic dash, as word processors and web pages put in', 'chain-syntax'],
  ])('%s: %s', (text, what, code) => {
    const error = errorOf(text)
    expect(error.message.split('\n')[0]).toBe(what)
    expect(error.code).toBe(code)
    expect(error.details.position?.text).toBe(text)
  })

  it('points into the right line of a long text', () => {
    const error = errorOf('strip_unused_nodes\nfold_constants\nfold_batch_norm')
    expect(error.message.split('\n').slice(1, 3)).toEqual(['  fold_batch_norm', '  ^'])
  })
})
