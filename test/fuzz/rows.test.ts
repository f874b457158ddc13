import { describe, expect, test } from 'vitest'
import { findTransform } from '../../src/transforms/registry.js'
import { parseGraph } from '../transforms/graph-text.js'
import { differences, withComparableNames } from './differences.js'
import { asCase } from './fuzz-case.js'
import { explain, rows } from './rows/rows.js'
import type { Outcome } from './tool.js'

const graphOf = (text: string): Outcome => ({ kind: 'graph', graph: parseGraph(text).graph })
const kinds = (ours: string, theirs: string): string[] =>
  differences(graphOf(ours), graphOf(theirs)).map(({ kind, node, attr }) =>
    [kind, node, attr].filter(Boolean).join(' '),
  )

test.each(Object.entries(rows))('the rows of %s are in the table of differences', (name, explained) => {
  const known = findTransform(name)!.differences.map((difference) => difference.test)
  expect(Object.keys(explained).filter((row) => !known.includes(row))).toEqual([])
})

describe('what is compared', () => {
  const x = 'x = Placeholder[dtype=float]()'
  test.each([
    ['a node', `${x}\ny = Relu[T=float](x)`, x, ['only ours y']],
    ['an op', `${x}\ny = Relu[T=float](x)`, `${x}\ny = Neg[T=float](x)`, ['op y']],
    ['an input', `${x}\ny = Relu[T=float](x)`, `${x}\ny = Relu[T=float](x:1)`, ['inputs y']],
    ['a control input', `${x}\ny = Const[dtype=float](^x)`, `${x}\ny = Const[dtype=float]()`, ['control inputs y']],
    ['a device', 'y = NoOp() @/cpu:0', 'y = NoOp()', ['device y']],
    ['an attribute', 'y = Const[dtype=float]()', 'y = Const[dtype=half]()', ['attr y dtype']],
    ['a tensor', 'y = Const[value=float[1]{1}]()', 'y = Const[value=float[1]{1.1}]()', ['attr y value']],
    ['the order', 'y = NoOp()\nz = NoOp()', 'z = NoOp()\ny = NoOp()', ['order']],
  ])('%s that differs is seen', (_, ours, theirs, expected) => {
    expect(kinds(ours, theirs)).toEqual(expected)
  })

  test.each([
    ['how a tensor is stored', 'y = Const[value=float[3]{1, 1, 1}]()', 'y = Const[value=float[3]<1>]()'],
    ['the last bits of a float', 'y = Const[value=float[1]{1}]()', 'y = Const[value=float[1]{1.000001}]()'],
    ['a control input beside a data input', `${x}\ny = Relu(x, ^x)`, `${x}\ny = Relu(x)`],
    ['the order of attributes', 'y = Relu[T=float, a=1]()', 'y = Relu[a=1, T=float]()'],
  ])('%s is no difference', (_, ours, theirs) => {
    expect(kinds(ours, theirs)).toEqual([])
  })

  test('numbers of folded constants count only where the same are folded', () => {
    const both = (ours: string, theirs: string): number =>
      differences(...withComparableNames(graphOf(ours), graphOf(theirs))).length
    const a = 'a/_0__cf__0 = Const[dtype=float]()'
    expect(both(a, 'a/_1__cf__1 = Const[dtype=float]()')).toBe(0)
    expect(both(`${a}\nb/_1__cf__1 = Const[dtype=float]()`, 'b/_0__cf__0 = Const[dtype=float]()')).toBe(1)
  })
})

describe('a difference', () => {
  const before =
    'x = Placeholder[dtype=float, shape=shape[2]]()\ni = Identity[T=float](x, ^c)\nc = NoOp()\ny = Relu[T=float](i)'
  const source = parseGraph(before).graph
  const fuzzCase = asCase(source, {
    inputs: ['x'],
    outputs: ['y'],
    chain: 'remove_nodes(op=Identity)',
    feeds: new Map(),
  })
  const judge = (after: string, theirAfter: string): ReturnType<typeof explain> => {
    const [ours, theirs] = [graphOf(after), graphOf(theirAfter)]
    const all = differences(ours, theirs)
    return explain('remove_nodes', { fuzzCase, source, ours, theirs, report: undefined, all })
  }
  const right = 'x = Placeholder[dtype=float, shape=shape[2]]()\nc = NoOp()\ny = Relu[T=float](x, ^c)'

  test('that a row is about is explained by it', () => {
    const { rows: used, unexplained } = judge(right, right.replace(', ^c', ''))
    expect([...used]).toEqual(['control-inputs-move'])
    expect(unexplained).toEqual([])
  })

  test.each([
    ['another op', right.replace('Relu', 'Neg')],
    ['another input', right.replace('(x, ^c)', '(x:1, ^c)')],
    ['a node that is gone', right.replace('c = NoOp()\n', '')],
    ['a control input too many', right.replace('^c', '^c, ^y')],
  ])('that no row is about is left: %s', (_, wrong) => {
    expect(judge(wrong, right).unexplained).toHaveLength(1)
  })
})
