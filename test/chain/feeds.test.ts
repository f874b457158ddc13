import { describe, expect, it } from 'vitest'
import { bindFeeds, type FeedPlace } from '../../src/chain/feeds.js'
import { parseRequest } from '../../src/chain/request.js'
import { encodeGraphDef } from '../../src/codec/graphdef.js'
import { optimize } from '../../src/optimize.js'
import { parseFeeds, printFeeds } from '../../src/transforms/feed-text.js'
import { parseGraph, printGraph } from '../transforms/graph-text.js'

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('there was no error')
}

/** The line of a node after a feed. */
const bound = (node: string, feed: string, place?: FeedPlace): string => {
  const { graph } = parseGraph(node)
  bindFeeds(graph, parseFeeds(feed), place)
  return printGraph(graph)
}

describe('feeds are read', () => {
  it.each([
    ['a:false', 'a:false'],
    ['a = True , b:0:1', 'a:true,b:1'],
    ['b:1e-3,a:[1, 2]', 'a:[1,2],b:1e-3'],
    ['a:[[1,2],[3,4]]', 'a:[[1,2],[3,4]]'],
    [`a:"x,y:z",b:'say "so"'`, `a:"x,y:z",b:'say "so"'`],
    ['a:-INF', 'a:-inf'],
  ])('%s', (text, canonical) => {
    expect(printFeeds(parseFeeds(text))).toBe(canonical)
    expect(printFeeds(parseFeeds(canonical))).toBe(canonical)
  })

  it.each([
    ['', 'has an empty item; write name:value, as is_training:false,keep_prob:1'],
    ['a:1,', 'has an empty item; write name:value, as is_training:false,keep_prob:1'],
    ['a', 'has "a" without a value; write name:value, as is_training:false,keep_prob:1'],
    ['a:', 'binds a to no value: a value is missing'],
    ['a:yes', 'binds a to no value: "yes" is neither true or false nor a number; write a text in quotes: "yes"'],
    ['a:"b', 'binds a to no value: the text is not ended: "b'],
    ['a:[1 2]', 'binds a to no value: a list lacks a comma or its end: [1 2]'],
    ['a:[1,', 'binds a to no value: a value is missing'],
    ['a:1 2', 'binds a to no value: "2" stands behind the value'],
    ['a:1,a:2', 'binds a twice'],
  ])('%s is an error', (text, message) => {
    expect(messageOf(() => parseFeeds(text))).toBe(message)
  })
})

describe('a bound placeholder is a constant', () => {
  it.each([
    ['bool', 'x:false', 'bool[]<0>'],
    ['float', 'x:0.1', 'float[]<0.1>'],
    ['float', 'x:nan', 'float[]<nan>'],
    ['float', 'x:[1,2,3]', 'float[3]{1, 2, 3}'],
    ['double', 'x:-1e300', 'double[]<-1e+300>'],
    ['half', 'x:1', 'half[]<15360>'],
    ['bfloat16', 'x:1', 'bfloat16[]<16256>'],
    ['int32', 'x:3.0', 'int32[]<3>'],
    ['uint8', 'x:255', 'uint8[]<255>'],
    ['int64', 'x:9223372036854775807', 'int64[]<9223372036854775807>'],
    ['int32', 'x:[]', 'int32[0]<>'],
    ['int32', 'x:[[1,2],[3,4]]', 'int32[2,2]{1, 2, 3, 4}'],
    ['string', 'x:["a","b"]', 'string[2]<"a", "b">'],
  ])('of %s, %s', (dtype, feed, value) => {
    expect(bound(`x = Placeholder[dtype=${dtype}]() @/cpu:0`, feed)).toBe(
      `x = Const[dtype=${dtype}, value=${value}]() @/cpu:0`,
    )
  })

  it('and what computed its default and nothing else goes', () => {
    const text = `
      d = Const[dtype=bool, value=bool[]<1>]()
      n = LogicalNot(d)
      x = PlaceholderWithDefault[dtype=bool, shape=shape[]](n, ^d)
      y = Placeholder[dtype=bool, shape=shape[]](^d)`
      .split('\n')
      .map((line) => line.trim())
      .join('\n')
    expect(bound(text, 'x:false')).toBe(
      [
        'd = Const[dtype=bool, value=bool[]<1>]()',
        'x = Const[dtype=bool, value=bool[]<0>]()',
        'y = Placeholder[dtype=bool, shape=shape[]](^d)',
      ].join('\n'),
    )
    expect(bound(text, 'x:false', { outputs: ['n'] })).toContain('n = LogicalNot(d)')
  })

  it('and so is each whose name fits', () => {
    const text =
      'a/train = Placeholder[dtype=bool]()\nb/train = Placeholder[dtype=bool]()\nc = Placeholder[dtype=bool]()'
    expect(bound(text, '*/train:false').match(/Const/g)).toHaveLength(2)
  })

  it.each([
    ['float', 'x:true', "true is no number, and the placeholder's dtype is float"],
    ['float', 'x:1e39', '1e39 is out of the range of float'],
    ['half', 'x:70000', '70000 is out of the range of half'],
    ['bool', 'x:1', "1 is neither true nor false, and the placeholder's dtype is bool"],
    ['int32', 'x:0.5', "0.5 is no whole number, and the placeholder's dtype is int32"],
    ['int32', 'x:nan', "nan is no whole number, and the placeholder's dtype is int32"],
    ['int8', 'x:128', '128 is out of the range of int8'],
    ['uint64', 'x:-1', '-1 is out of the range of uint64'],
    ['string', 'x:1', 'the placeholder holds texts; write "1" in quotes'],
    ['complex64', 'x:1', 'a placeholder of dtype complex64 cannot be bound'],
    ['float, shape=shape[2,?]', 'x:1', "1 is one value, and the placeholder's shape is [2,?]"],
    ['float, shape=shape[3]', 'x:[1,2]', "[1,2] has the shape [2], and the placeholder's shape is [3]"],
    ['float', 'x:[[1],[2,3]]', '[[1],[2,3]] has rows of different lengths'],
  ])('of %s, not by %s', (attrs, feed, why) => {
    expect(messageOf(() => bound(`x = Placeholder[dtype=${attrs}]()`, feed))).toBe(`"x" cannot be bound: ${why}`)
  })
})

describe('what cannot be bound is told', () => {
  const text = 'is_training = Placeholder[dtype=bool]()\nw = Const[dtype=float, value=float[]<1>]()'

  it('where there is no such node', () => {
    expect(messageOf(() => bound(text, 'is_trainin:false'))).toBe(
      'the graph has no node "is_trainin", which a feed binds\n  did you mean "is_training"?\n  Its placeholders: is_training.',
    )
    expect(messageOf(() => bound(text, '*/train:false'))).toBe(
      'no placeholder\'s name fits "*/train"\n  Its placeholders: is_training.',
    )
    expect(messageOf(() => bound('w = Const()', 'a:1'))).toBe(
      'the graph has no node "a", which a feed binds\n  The graph has no placeholder.',
    )
  })

  it('where the node is no placeholder', () => {
    expect(messageOf(() => bound(text, 'w:2'))).toBe(
      '"w" is bound by a feed, and it is no placeholder but a Const\n  Its placeholders: is_training.',
    )
  })

  it('where it is an input as well', () => {
    expect(messageOf(() => bound(text, 'is_training:false', { inputs: ['is_training:0'] }))).toBe(
      '"is_training" is bound to false and listed among the inputs as well\n  A bound placeholder is a constant and not fed any more: take it out of one of the two.',
    )
  })
})

it('a bound placeholder is no input any more', async () => {
  const { graph } = parseGraph(`
x = Placeholder[dtype=float]()
keep_prob = Placeholder[dtype=float]()
y = RealDiv[T=float](x, keep_prob)`)
  const source = Buffer.concat(encodeGraphDef(graph).list)
  const free = await optimize(source, parseRequest('optimize'))
  expect(free.report.inputs).toEqual(['x', 'keep_prob'])
  const { report, manifest } = await optimize(source, parseRequest('optimize&feed=keep_prob:1'))
  expect(report.inputs).toEqual(['x'])
  expect(manifest.ops).toEqual(['Const', 'Placeholder', 'RealDiv'])
})
