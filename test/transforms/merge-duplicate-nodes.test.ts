import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { controlInput, tensorName } from '../../src/graph/tensor-name.js'
import { constNode } from '../../src/transforms/const-node.js'

function merged(nodes: readonly Node[], output: string): Graph {
  return runChain(new Graph(nodes), parseChain('merge_duplicate_nodes'), {
    inputs: [],
    outputs: [tensorName(output)],
  }).graph
}

function readAll(name: string, nodes: readonly Node[]): Node {
  return new Node({ name, op: 'NoOp', inputs: nodes.map((node) => controlInput(node.name)) })
}

describe('equal constants', () => {
  const namesOf = (tensors: readonly Tensor[]): string[] => {
    const nodes = tensors.map((tensor, index) => constNode(`c${index}`, tensor))
    return merged([...nodes, readAll('y', nodes)], 'y')
      .nodes.map((node) => node.name)
      .slice(0, -1)
  }

  test('are told from others by the last of many elements', () => {
    const weights = (last: number): Tensor => {
      const values = new Float32Array(10_000).fill(0.5)
      values[9_999] = last
      return Tensor.of('float32', [100, 100], values)
    }
    expect(namesOf([weights(1), weights(2), weights(1), weights(3), weights(2)])).toEqual(['c0', 'c1', 'c3'])
  })

  test('are so however a large repeated value is stored, in every type', () => {
    for (const [type, list, last] of [
      ['float32', Float32Array.of(3, 1.5), 1.5],
      ['float64', Float64Array.of(3, 1.5), 1.5],
      ['int32', Int32Array.of(3, 1), 1],
      ['uint8', Uint8Array.of(3, 1), 1],
      ['float16', Uint16Array.of(3, 1), 1],
    ] as const) {
      const all = new (list.constructor as Float64ArrayConstructor)(50_001).fill(last)
      all[0] = 3
      const other = all.slice()
      other[50_000] = 2
      expect(
        namesOf([
          Tensor.ofList(type, [50_001], list),
          Tensor.of(type, [50_001], all),
          Tensor.of(type, [50_001], other),
          Tensor.ofList(type, [50_001], list.slice(1)),
        ]),
      ).toEqual(['c0', 'c2', 'c3'])
    }
  })

  test('are so with pairs of numbers, and with none for zeros', () => {
    const pairs = new Float32Array(200)
    for (let index = 0; index < 200; index += 2) pairs[index] = 1
    expect(
      namesOf([
        Tensor.ofList('complex64', [100], Float32Array.of(1, 0)),
        Tensor.of('complex64', [100], pairs),
        Tensor.of('complex64', [100], new Float32Array(200)),
        Tensor.ofList('complex64', [100], new Float32Array(0)),
      ]),
    ).toEqual(['c0', 'c2'])
  })

  test('are not those of another type with the same bytes', () => {
    expect(
      namesOf([
        Tensor.of('int32', [16], new Int32Array(16)),
        Tensor.of('float32', [16], new Float32Array(16)),
        Tensor.of('int32', [4, 4], new Int32Array(16)),
      ]),
    ).toEqual(['c0', 'c1', 'c2'])
  })

  test('that cannot be decoded are compared as they stand in the file', () => {
    const broken = (byte: number): Tensor =>
      new Tensor('invalid', [2], { kind: 'invalid', reason: 'its dtype is invalid' }, Uint8Array.of(8, byte))
    expect(namesOf([broken(0), broken(1), broken(0)])).toEqual(['c0', 'c1'])
  })
})

test('twenty thousand nodes in two equal chains become one chain', () => {
  const length = 10_000
  const chains = ['a', 'b'].map((chain) =>
    Array.from({ length }, (_, index) =>
      index === 0
        ? constNode(`${chain}0`, Tensor.of('float32', [], Float32Array.of(2)))
        : new Node({ name: `${chain}${index}`, op: 'Neg', inputs: [tensorName(`${chain}${index - 1}`)] }),
    ),
  )
  const ends = chains.map((chain) => tensorName(chain.at(-1)!.name))
  const graph = merged([...chains.flat(), new Node({ name: 'y', op: 'Add', inputs: ends })], 'y')
  expect(graph.size).toBe(length + 1)
  expect(graph.get('y')!.inputs).toEqual([ends[0], ends[0]])
})

test('twenty thousand equal constants that one node reads become one', () => {
  const nodes = Array.from({ length: 20_000 }, (_, index) =>
    constNode(`c${index}`, Tensor.of('float32', [], Float32Array.of(1))),
  )
  const inputs = nodes.map((node) => tensorName(node.name))
  const graph = merged([...nodes, new Node({ name: 'y', op: 'AddN', inputs })], 'y')
  expect(graph.nodes.map((node) => node.name)).toEqual(['c0', 'y'])
})
