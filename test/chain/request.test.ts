import { describe, expect, it } from 'vitest'
import { printChain } from '../../src/chain/parse.js'
import { canonicalQuery, isModelQuery, parseRequest, printRequest } from '../../src/chain/request.js'

const messageOf = (query: string): string => {
  try {
    parseRequest(query)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error(`${query} was read without an error`)
}

describe('the query of an import', () => {
  it('has a chain, inputs, outputs, a format and a switch', () => {
    const request = parseRequest(
      'optimize=deploy,round_weights(num_steps=64)&inputs=a&outputs=b,c:1&format=memmapped&inline',
    )
    expect(printChain(request.chain).at(-1)).toBe('round_weights(num_steps=64)')
    expect(request).toMatchObject({ inputs: ['a'], outputs: ['b', 'c:1'], format: 'memmapped', inline: true })
  })

  it('is read as it stands in a URL, percent signs included, and without what hosts add', () => {
    const plain = parseRequest('optimize=strip_unused_nodes(shape="1,2")&inputs=x')
    expect(parseRequest('import&optimize=strip_unused_nodes(shape=%221,2%22)&inputs=x&t=123')).toEqual(plain)
  })

  it('means the default preset alone, and no chain without the key', () => {
    expect(printChain(parseRequest('optimize').chain)).toEqual(printChain(parseRequest('optimize=deploy').chain))
    expect(parseRequest('format=memmapped').chain).toEqual([])
  })

  it('gives one id whatever the order of its keys', () => {
    expect(canonicalQuery('outputs=b&optimize=deploy&import&t=1')).toBe(canonicalQuery('optimize=deploy&outputs=b'))
    expect(canonicalQuery('optimize=a b')).toBe('optimize=a%20b')
    expect(printRequest(parseRequest('optimize&outputs=b'))).toBe(
      printRequest(parseRequest('outputs=b&optimize=deploy')),
    )
  })

  it('binds placeholders, in any order', () => {
    const request = parseRequest('optimize&feed=is_training:false,keep_prob:1')
    expect(request.feeds).toEqual([
      { name: 'is_training', value: { kind: 'bool', value: false } },
      { name: 'keep_prob', value: { kind: 'number', text: '1' } },
    ])
    expect(printRequest(request)).toBe(printRequest(parseRequest('optimize&feed=keep_prob:1,is_training:False')))
    expect(printRequest(request)).not.toBe(printRequest(parseRequest('optimize')))
  })

  it.each([
    ['optimize', true],
    ['optimize=deploy', true],
    ['import&optimise', true],
    ['format=memmapped', true],
    ['url', false],
    ['raw', false],
    ['inline', false],
    ['t=123&import', false],
    ['', false],
  ])('%s is ours: %s', (query, ours) => {
    expect(isModelQuery(query)).toBe(ours)
  })

  it.each([
    [
      'optimise=deploy',
      'the import\'s query has no key "optimise"\n  optimise=deploy\n  ^\n  did you mean "optimize"?\n  Its keys are: optimize, inputs, outputs, feed, shape, format, target, inline.',
    ],
    [
      'optimize&format=memmaped',
      'there is no format "memmaped"\n  optimize&format=memmaped\n           ^\n  did you mean "memmapped"?\n  Formats: graphdef, memmapped.',
    ],
    [
      'optimize&optimize=deploy',
      '"optimize" stands twice in the import\'s query\n  optimize&optimize=deploy\n           ^',
    ],
    [
      'optimize&feed=keep_prob',
      'feed has "keep_prob" without a value; write name:value, as is_training:false,keep_prob:1\n  optimize&feed=keep_prob\n           ^',
    ],
    [
      'optimize&outputs=a,,b',
      '"outputs" in the import\'s query has an empty name: "a,,b"\n  Write the names of nodes with a comma between them: input,image:1',
    ],
    [
      'optimize&inline=maybe',
      'inline is a switch, and "maybe" is no value of it\n  optimize&inline=maybe\n           ^',
    ],
  ])('%s is an error', (query, message) => {
    expect(messageOf(query)).toBe(message)
  })
})
