import { expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { GraphdefError } from '../../src/errors.js'
import { Graph } from '../../src/graph/graph.js'
import { parseGraph } from './graph-text.js'

/** What reading a chain says of it, in one line; undefined where it is right. */
function problemOf(chain: string): string | undefined {
  try {
    parseChain(chain)
    return undefined
  } catch (error) {
    if (!(error instanceof GraphdefError)) throw error
    return error.details.what
  }
}

const devices = [
  '',
  '/cpu:0',
  '/GPU:1',
  '/gpu:*',
  '/device:GPU:0',
  '//device:XLA_CPU:0',
  '/job:w/replica:0/task:1/cpu:0',
]
const noDevices = ['nonsense', '/device:GPU', '/cpu:x', '/job:/cpu:0', '/replica:0,/cpu:0', 'my laptop']

test('set_device takes what TensorFlow can read as a device', () => {
  for (const device of devices) expect(problemOf(`set_device(device="${device}")`)).toBeUndefined()
  for (const device of noDevices) {
    expect(problemOf(`set_device(device="${device}")`)).toBe(
      `the parameter device of set_device is wrong: "${device}" is not a device such as /cpu:0 or /job:worker/device:GPU:1`,
    )
  }
})

test('rename_attribute takes op_name once', () => {
  expect(problemOf('rename_attribute(old_attribute_name=a, new_attribute_name=b, op_name=Mul, op_name=Add)')).toBe(
    'the parameter op_name of rename_attribute is wrong: is given 2 times, and only once is right',
  )
})

test.each(['rename_attribute(new_attribute_name=b)', 'rename_op(new_op_name=b)', 'rename_node(new_node_name=b)'])(
  '%s needs the old name',
  (chain) => {
    expect(problemOf(chain)).toMatch(/^the parameter old_\w+_name of rename_\w+ must be given$/)
  },
)

test('rename_op takes the name of an op', () => {
  const problem = (name: string): string | undefined => problemOf(`rename_op(old_op_name=Mul, new_op_name="${name}")`)
  for (const name of ['Multiply', '_FusedConv2D', 'Addons>Gelu']) expect(problem(name)).toBeUndefined()
  for (const name of ['', 'two words', 'Mul:0', '^Mul']) {
    expect(problem(name)).toBe(`the parameter new_op_name of rename_op is wrong: "${name}" cannot be the name of an op`)
  }
})

test('rename_node takes a name that a node may have', () => {
  const problem = (name: string): string | undefined =>
    problemOf(`rename_node(old_node_name=a, new_node_name="${name}")`)
  for (const name of ['b', 'scope/b_1', '0', 'a.b-c', 'a>b']) expect(problem(name)).toBeUndefined()
  for (const name of ['', 'b:1', '^b', '_b', 'b c']) {
    expect(problem(name)).toBe(
      `the parameter new_node_name of rename_node is wrong: "${name}" cannot be the name of a node`,
    )
  }
})

test('backport_tensor_array_v3 tells which TensorFlow takes the result', () => {
  const text = 'n = Const[dtype=int32, value=int32[]{1}]()\nta = TensorArrayV3[dtype=float](n)\n'
  const notes = (producer: number): string[] => {
    const envelope = { versions: { producer, minConsumer: 0 }, functionNames: new Set<string>(), otherFields: [] }
    const graph = new Graph(parseGraph(text).graph.nodes, envelope)
    const { steps } = runChain(graph, parseChain('backport_tensor_array_v3'), { inputs: [], outputs: [] })
    return steps[0]!.notes
  }
  expect(notes(25)).toEqual([])
  expect(notes(26)).toEqual([
    'this graph is of version 26, and TensorFlow 1.0 and later take TensorArrayV2 up to 25 only',
  ])
})
