import { describe, expect, it } from 'vitest'
import { Graph, tidyInputs } from '../../src/graph/graph.js'
import { checkInvariants } from '../../src/graph/invariants.js'
import { Node } from '../../src/graph/node.js'
import { executionOrder } from '../../src/graph/order.js'
import { match, matches } from '../../src/graph/pattern.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName, printTensorName } from '../../src/graph/tensor-name.js'

/** A graph of lines such as `a:Add(b, c:1, ^d)`. */
function graphOf(...lines: string[]): Graph {
  return new Graph(
    lines.map((line) => {
      const [, name, op, inputs] = /^(.+?):(\w+)\((.*)\)$/.exec(line)!
      const list = inputs ? inputs.split(', ') : []
      return new Node({ name: name!, op: op!, inputs: list.map(parseTensorName) })
    }),
  )
}

const namesOf = (graph: Graph): string[] => graph.nodes.map((node) => node.name)
const inputsOf = (graph: Graph, name: string): string[] => graph.get(name)!.inputs.map(printTensorName)

describe('a tensor name', () => {
  it.each([
    ['some_node_name', 'some_node_name', 0],
    ['some/slashes:0', 'some/slashes', 0],
    ['x:12', 'x', 12],
    ['^x', 'x', -1],
    ['^x:99', 'x', -1],
    ['a:b', 'a:b', 0],
    [':1', ':1', 0],
    ['x:', 'x:', 0],
  ])('%s is node %s, port %i', (text, node, port) => {
    expect(parseTensorName(text)).toEqual({ node, port })
  })

  it('is printed in its shortest form', () => {
    expect(['x:0', 'x', '^x:0', 'x:3'].map((text) => printTensorName(parseTensorName(text)))).toEqual([
      'x',
      'x',
      '^x',
      'x:3',
    ])
  })
})

describe('a graph', () => {
  it('knows who reads whom', () => {
    const graph = graphOf('a:Const()', 'b:Split(a)', 'c:Add(b, b:1, ^a)')
    expect(graph.readers('b').map((node) => node.name)).toEqual(['c'])
    expect(graph.edgesFrom('b').map(({ index, input }) => [index, input.port])).toEqual([
      [0, 0],
      [1, 1],
    ])
    expect(graph.readerCount('a')).toBe(2)
    graph.setInputs(graph.get('c')!, [{ node: 'a', port: 0 }])
    expect(graph.readerCount('b')).toBe(0)
    expect(graph.readerCount('a')).toBe(2)
    graph.remove(graph.get('c')!)
    expect(graph.readerCount('a')).toBe(1)
  })

  it('knows readers as they come and go, one or many', () => {
    const graph = graphOf('a:Const()', 'b:Relu(a)', 'c:Add(a, a)', 'd:Relu(b)')
    const readers = (): string[] => graph.readers('a').map(({ name }) => name)
    expect(readers()).toEqual(['b', 'c'])
    graph.setInputs(graph.get('b')!, [])
    expect(readers()).toEqual(['c'])
    graph.setInputs(graph.get('c')!, [])
    expect(readers()).toEqual([])
    graph.setInputs(graph.get('d')!, [{ node: 'a', port: 0 }])
    expect(readers()).toEqual(['d'])
    graph.remove(graph.get('a')!)
    expect(readers(), 'what dangles is still read').toEqual(['d'])
    graph.remove(graph.get('d')!)
    expect(readers()).toEqual([])
  })

  it('keeps its order through insertion, removal and replacement', () => {
    const graph = graphOf('a:Const()', 'b:Relu(a)', 'c:Relu(b)')
    graph.add(new Node({ name: 'x', op: 'NoOp' }), { before: graph.get('a') })
    graph.add(new Node({ name: 'y', op: 'NoOp' }))
    expect(namesOf(graph)).toEqual(['x', 'a', 'b', 'c', 'y'])
    graph.replace(graph.get('b')!, [new Node({ name: 'p', op: 'NoOp' }), graph.get('b')!.renamed('b')])
    expect(namesOf(graph)).toEqual(['x', 'a', 'p', 'b', 'c', 'y'])
    graph.remove(graph.get('x')!)
    graph.remove(graph.get('y')!)
    graph.remove(graph.get('p')!)
    expect(namesOf(graph)).toEqual(['a', 'b', 'c'])
    graph.reorder([...graph.nodes].reverse())
    expect(namesOf(graph)).toEqual(['c', 'b', 'a'])
  })

  it('can be edited while it is walked', () => {
    const graph = graphOf('a:Const()', 'b:Relu(a)', 'c:Relu(b)')
    const seen: string[] = []
    for (const node of graph.nodes) {
      seen.push(node.name)
      graph.remove(node)
    }
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(graph.size).toBe(0)
  })

  it('refuses a name that is taken', () => {
    expect(() => graphOf('a:Const()', 'a:Relu()')).toThrow(
      'two nodes have the name "a"\n  node: a\n  A graph names each node once. Freeze the model again, or rename one of the two.',
    )
    expect(graphOf('a:Const()', 'a_1:Const()').freeName('a')).toBe('a_2')
  })

  it('redirects readers, and drops control inputs that say nothing new', () => {
    const graph = graphOf('x:Const()', 'i:Identity(x)', 'y:Add(i, i:0, ^i, ^x)', 'z:NoOp(^i)')
    graph.redirect('i', ({ port }) => ({ node: 'x', port: Math.min(port, 0) }))
    expect(inputsOf(graph, 'y')).toEqual(['x', 'x'])
    expect(inputsOf(graph, 'z')).toEqual(['^x'])
    expect(graph.readerCount('i')).toBe(0)
    expect(tidyInputs(['^a', 'b', '^b', '^a'].map(parseTensorName)).map(printTensorName)).toEqual(['b', '^a'])
  })

  it('finds what outputs reach, not going past a stop', () => {
    const graph = graphOf('a:Const()', 'b:Relu(a)', 'c:Relu(b)', 'd:Const()')
    const reached = graph.reachableFrom(['c'], (node) => node.name === 'b')
    expect([...reached].map((node) => node.name)).toEqual(['c', 'b'])
  })

  it('copies without sharing what can change', () => {
    const graph = graphOf('a:Const()', 'b:Relu(a)')
    const copy = graph.copy()
    copy.remove(copy.get('b')!)
    copy.get('a')!.op = 'Other'
    expect(namesOf(graph)).toEqual(['a', 'b'])
    expect(graph.get('a')!.op).toBe('Const')
  })
})

describe('execution order', () => {
  const order = (...lines: string[]): string =>
    executionOrder(graphOf(...lines))
      .sorted.map((node) => node.name)
      .join(' ')

  it.each([
    [
      'c3 c2 c1 add3 add2 add4 add1',
      [
        'add1:Add(add2, add3)',
        'add2:Add(c1, c2)',
        'add3:Add(c1, c3)',
        'c1:Const()',
        'c2:Const()',
        'c3:Const()',
        'add4:Add(add2, add3)',
      ],
    ],
    [
      'b e a d c f g',
      ['a:Const()', 'b:Const()', 'c:Relu(a)', 'd:Relu(a)', 'e:Add(b, b)', 'f:Relu(c, ^d)', 'g:Add(e:1, f)'],
    ],
    [
      'init enter merge lc switch body nextit exit',
      [
        'init:Const()',
        'enter:Enter(init)',
        'merge:Merge(enter, nextit)',
        'lc:LoopCond(merge)',
        'switch:Switch(merge, lc)',
        'exit:Exit(switch)',
        'body:Identity(switch:1)',
        'nextit:NextIteration(body)',
      ],
    ],
  ])('is %s, as the historical tool sorts', (expected, lines) => {
    expect(order(...lines)).toBe(expected)
  })

  it('leaves what is in a cycle', () => {
    const { left } = executionOrder(graphOf('a:Const()', 'b:Relu(c)', 'c:Add(b, a)'))
    expect(left.map((node) => node.name)).toEqual(['b', 'c'])
  })
})

describe('a pattern', () => {
  const graph = graphOf('a:Const()', 'b:Const()', 'add:Add(a, b)', 'p:Placeholder()', 'out:Mul(add, p, ^a)')

  it.each([
    [{ op: 'Const' }, ['a', 'b']],
    [{ op: 'Add', inputs: [{ op: 'Const' }, { op: 'Const' }] }, ['add']],
    [{ op: 'NoSuch' }, []],
    [
      { op: 'Mul', inputs: [{ op: 'Add', inputs: [{ op: 'Const' }, { op: 'Const' }] }, { op: 'Placeholder' }] },
      ['out'],
    ],
    [{ op: '*', inputs: [{ op: '*' }, { op: '*' }] }, ['add', 'out']],
    [{ op: 'Add|Mul' }, ['add', 'out']],
    [{ op: 'Mul', inputs: [{ op: 'Add' }] }, []],
  ])('%j matches %j', (pattern, names) => {
    expect(matches(graph, pattern).map(({ node }) => node.name)).toEqual(names)
  })

  it('may meet a node twice', () => {
    const twice = graphOf('a:Const()', 'add:Add(a, a)')
    const found = match(twice, twice.get('add')!, { op: 'Add', inputs: [{ op: 'Const' }, { op: 'Const' }] })
    expect(found?.inputs.map(({ node }) => node.name)).toEqual(['a', 'a'])
  })
})

describe('the invariants', () => {
  const outputCount = (node: Node): number | undefined => (node.op === 'Add' ? 1 : node.op === 'Split' ? 2 : undefined)
  const check = (graph: Graph, pinned: string[] = []): void =>
    checkInvariants(graph, { pinned: pinned.map(parseTensorName), outputCount })

  it('hold for a right graph, loops included', () => {
    check(graphOf('a:Const()', 's:Split(a)', 'b:Add(s:1, a)'), ['b'])
    check(graphOf('i:Const()', 'm:Merge(i, n)', 'n:NextIteration(m)'))
  })

  it.each([
    ['a dangling input', () => check(graphOf('b:Relu(a)')), '"b" reads "a", and there is no such node\n  node: b'],
    [
      'a dangling control input',
      () => check(graphOf('b:Relu(^a)')),
      '"b" reads "^a", and there is no such node\n  node: b',
    ],
    [
      'a port that is not there',
      () => check(graphOf('a:Add()', 'b:Relu(a:1)')),
      '"b" reads "a:1", and Add has 1 output\n  node: b',
    ],
    [
      'a later port that is not there',
      () => check(graphOf('a:Split()', 'b:Relu(a:2)')),
      '"b" reads "a:2", and Split has 2 outputs\n  node: b',
    ],
    [
      'a cycle',
      () => check(graphOf('a:Relu(b)', 'b:Relu(a)')),
      '2 nodes are in a cycle or behind one: "a", "b"\n  node: a',
    ],
    [
      'a pinned node that is gone',
      () => check(graphOf('a:Const()'), ['y']),
      'the input or output "y" is gone\n  node: y',
    ],
  ])('find %s', (_, run, message) => {
    expect(run).toThrow(message)
  })
})

describe("a tensor's memory", () => {
  const holding = (tensor: Tensor): Node => {
    const node = new Node({ name: 'w', op: 'Const' })
    node.attrs.setTensor('value', tensor)
    return node
  }

  it('is given away by the one attribute that holds a tensor of its own', () => {
    const values = Float32Array.of(1, 2)
    const tensor = Tensor.owning('float32', [2], values)
    holding(tensor)
    expect(tensor.takeElements().buffer).toBe(values.buffer)
  })

  it.each<[string, (tensor: Tensor) => unknown]>([
    ['two attributes hold it', (tensor) => [holding(tensor), holding(tensor)]],
    ['its node was copied', (tensor) => holding(tensor).copy()],
    ['its graph was copied', (tensor) => new Graph([holding(tensor)]).copy()],
  ])('stays where %s', (_, hold) => {
    const tensor = Tensor.owning('float32', [2], Float32Array.of(1, 2))
    hold(tensor)
    ;(tensor.takeElements() as Float32Array).fill(0)
    expect([...tensor.values()]).toEqual([1, 2])
  })

  it('stays where it may be the memory of others', () => {
    const tensor = Tensor.of('float32', [2], Float32Array.of(1, 2))
    holding(tensor)
    ;(tensor.takeElements() as Float32Array).fill(0)
    expect([...tensor.values()]).toEqual([1, 2])
  })
})
