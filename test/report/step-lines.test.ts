import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { remarkLines, stepLines } from '../../src/report/step-lines.js'
import { step } from './step-report.js'

const idle = { changed: 0 }
const skipped = [
  { node: 'a', reason: 'it has other readers' },
  { node: 'b', reason: 'it is an output' },
  { node: 'c', reason: 'it has other readers' },
]

describe('remarkLines', () => {
  it('is silent on a chain that did all it was asked for', () => {
    expect(remarkLines([step('one'), step('two', { notes: ['a note'] })])).toEqual([])
  })

  it('tells what was left, with the first reason', () => {
    expect(remarkLines([step('one', { skipped }), step('two', { ...idle, skipped: [skipped[1]!] })])).toEqual([
      '  one: 3 nodes left, first a: it has other readers',
      '  two: 1 node left, b: it is an output',
    ])
  })

  it('tells what had nothing to do, in one line', () => {
    expect(remarkLines([step('one', idle), step('two'), step('three', idle)])).toEqual(['  nothing to do: one, three'])
  })

  it('tells what failed and was passed over', () => {
    expect(remarkLines([step('one', { ignoredError: 'no such thing\n  node: x' })])).toEqual([
      '  one: failed and was passed over (ignore_errors=true): no such thing',
    ])
  })
})

describe('stepLines', () => {
  it('tells of every step its nodes, bytes and time', () => {
    const lines = stepLines([
      step('one', { text: 'one(a=1)', nodesBefore: 5, bytesBefore: 2000, bytesAfter: 1500, milliseconds: 12.3 }),
      step('two', { bytesBefore: 1500, bytesAfter: 1500 }),
    ])
    expect(lines.map(stripVTControlCharacters)).toEqual([
      '  one(a=1)  5 → 3 nodes, 2 kB → 1.5 kB, 12 ms',
      '  two       3 nodes, 1.5 kB, 1 ms',
    ])
  })

  it('tells notes, what was left by reason, what failed and what had nothing to do', () => {
    const lines = stepLines([
      step('one', { notes: ['a note'], skipped }),
      step('two', idle),
      step('three', { ignoredError: 'no such thing' }),
    ])
    expect(lines.map(stripVTControlCharacters)).toEqual([
      '  one    3 nodes, 10 B, 1 ms',
      '    a note',
      '    2 nodes left, first a: it has other readers',
      '    1 node left, b: it is an output',
      '  two    3 nodes, 10 B, 1 ms',
      '    nothing to do',
      '  three  3 nodes, 10 B, 1 ms',
      '    failed and was passed over (ignore_errors=true): no such thing',
    ])
  })

  it('has no lines for an empty chain', () => {
    expect(stepLines([])).toEqual([])
  })
})
