import { expect, test } from 'vitest'
import { parseGraph, printGraph } from './graph-text.js'

test('what is printed is read again as the same', () => {
  const text = `x = Placeholder[dtype=float, shape=shape[?,2]]()
w = Const[dtype=float, value=float[2,2]{1, 0.1, -0, nan}]() @/cpu:0
s = Const[dtype=int32, value=int32[1000]<7>]()
r = Const[dtype=quint8, value=quint8[6]{1, 2...}]()
t = Const[dtype=string, value=string[2]<"a", "b c">]()
i = Const[dtype=int64, value=int64[]{-9007199254740993}]()
y = Op[b=true, e=[], f=@body, fl=0.5, g=3.0, i=-3, l=[1, 2], n=none, s="text, and more", sh=shape?, t=[float, int32]](x, w:1, ^s)`
  expect(printGraph(parseGraph(text).graph)).toBe(text)
})

test('bits and repeated values are read', () => {
  const { graph } = parseGraph('w = Const[value=float[4]{0x3f800000, 2...}](  )')
  expect(graph.get('w')!.attrs.tensor('value')!.numbers()).toEqual([1, 2, 2, 2])
  expect(graph.get('w')!.attrs.tensor('value')!.storage.kind).toBe('content')
})

test('inputs and outputs are read', () => {
  const { inputs, outputs } = parseGraph('inputs: a, b:1\noutputs:')
  expect(inputs).toEqual([
    { node: 'a', port: 0 },
    { node: 'b', port: 1 },
  ])
  expect(outputs).toEqual([])
})

test.each([
  ['w = Const[value=float[3]{1, 2}]()', '2 elements, not 3'],
  ['w = Const(', 'expected'],
  ['w = Const() x', 'expected the end of the line'],
  ['w = Const[a=word]()', 'word is no number'],
])('%s is an error', (text, message) => {
  expect(() => parseGraph(text)).toThrow(message)
})
