import { describe, expect, test } from 'vitest'
import type { DataType } from '../../../src/graph/data-type.js'
import { Graph } from '../../../src/graph/graph.js'
import { Node } from '../../../src/graph/node.js'
import type { Shape } from '../../../src/graph/shape.js'
import { Tensor } from '../../../src/graph/tensor.js'
import { parseTensorName } from '../../../src/graph/tensor-name.js'
import { runOnConstants } from '../../../src/kernels/run-on-constants.js'
import { inferShapes } from '../../../src/ops/shapes/infer.js'

type Given = Record<string, DataType | number | boolean | Shape | number[] | { text: string }>

/** A graph in a few words: `make(['y', 'Reshape', 'x shape', { T: 'float32' }])`; an array in place of an op is a constant. */
function make(...nodes: (readonly [string, string | number[] | number, string?, Given?])[]): Graph {
  const graph = new Graph([], {
    versions: { producer: 100, minConsumer: 0 },
    functionNames: new Set(),
    otherFields: [],
  })
  for (const [name, op, inputs = '', given = {}] of nodes) {
    const words = inputs === '' ? [] : inputs.split(' ')
    const node = new Node({ name, op: typeof op === 'string' ? op : 'Const', inputs: words.map(parseTensorName) })
    if (typeof op !== 'string') {
      const values = Int32Array.from([op].flat())
      node.attrs.setTensor('value', Tensor.of('int32', typeof op === 'number' ? [] : [values.length], values))
      node.attrs.setType('dtype', 'int32')
    }
    for (const [key, value] of Object.entries(given)) {
      if (key === 'shape') node.attrs.setShape(key, value as Shape)
      else if (typeof value === 'number') node.attrs.setInt(key, value)
      else if (typeof value === 'boolean') node.attrs.setBool(key, value)
      else if (typeof value === 'string') node.attrs.setType(key, value)
      else if (Array.isArray(value)) node.attrs.set(key, { kind: 'list', value: { i: value.map(BigInt) } })
      else if (value && 'text' in value) node.attrs.setString(key, value.text)
    }
    graph.add(node)
  }
  return graph
}

function placeholder(name: string, shape: Shape): [string, string, string, Given] {
  return [name, 'Placeholder', '', { dtype: 'float32', shape }]
}

function shapesIn(graph: Graph, name: string): readonly Shape[] {
  return inferShapes(graph).shapesOf(graph.get(name)!)
}

describe('what travels from a shape into a shape', () => {
  test('a batch size that is not known, over Shape, StridedSlice and Pack into Reshape', () => {
    const graph = make(
      placeholder('x', [null, 4, 4, 8]),
      ['shape', 'Shape', 'x', { T: 'float32' }],
      ['b', [0]],
      ['e', [1]],
      ['s', [1]],
      ['batch', 'StridedSlice', 'shape b e s', { T: 'int32', Index: 'int32', shrink_axis_mask: 1 }],
      ['rest', -1],
      ['target', 'Pack', 'batch rest', { T: 'int32', N: 2 }],
      ['y', 'Reshape', 'x target', { T: 'float32' }],
    )
    expect(shapesIn(graph, 'shape')).toEqual([[4]])
    expect(shapesIn(graph, 'batch')).toEqual([[]])
    expect(shapesIn(graph, 'target')).toEqual([[2]])
    expect(shapesIn(graph, 'y')).toEqual([[null, null]])
  })

  test('the number of features as a product', () => {
    const graph = make(
      placeholder('x', [null, 4, 4, 8]),
      ['shape', 'Shape', 'x', { T: 'float32' }],
      ['b', [1]],
      ['e', [0]],
      ['s', [1]],
      ['sizes', 'StridedSlice', 'shape b e s', { T: 'int32', Index: 'int32', end_mask: 1 }],
      ['axis', [0]],
      ['features', 'Prod', 'sizes axis', { T: 'int32' }],
      ['open', -1],
      ['target', 'Pack', 'open features', { T: 'int32', N: 2 }],
      ['y', 'Reshape', 'x target', { T: 'float32' }],
    )
    expect(shapesIn(graph, 'y')).toEqual([[null, 128]])
  })

  test('does not travel through a node that is fed', () => {
    const graph = make(
      ['n', [2, 3]],
      ['m', 'Identity', 'n', { T: 'int32' }],
      ['v', 0],
      ['y', 'Fill', 'm v', { T: 'int32' }],
    )
    expect(inferShapes(graph).shapesOf(graph.get('y')!)).toEqual([[2, 3]])
    expect(inferShapes(graph, { fed: new Set(['m']) }).shapesOf(graph.get('y')!)).toEqual([[null, null]])
  })
})

describe('what is computed from constants', () => {
  const sizes = make(
    ['a', [3, 1, 2]],
    ['i', [2, 0]],
    ['others', 'ListDiff', 'a i', { T: 'int32', out_idx: 'int32' }],
    ['v', 0],
    ['y', 'Fill', 'others v', { T: 'int32' }],
  )
  const shapesOfFill = (options: Parameters<typeof inferShapes>[1]): readonly Shape[] =>
    inferShapes(sizes, options).shapesOf(sizes.get('y')!)

  test('is asked for where no shape function knows the value', () => {
    expect(shapesOfFill({})).toEqual([null])
    expect(shapesOfFill({ evaluate: runOnConstants })).toEqual([[3, 1]])
  })

  test('is not asked of what is fed', () => {
    expect(shapesOfFill({ evaluate: runOnConstants, fed: new Set(['others']) })).toEqual([null])
  })

  test('means nothing where it contradicts the shape', () => {
    const evaluate = (): Tensor[] => [
      Tensor.of('int32', [2, 1], Int32Array.of(3, 1)),
      Tensor.of('int32', [2], Int32Array.of(0, 1)),
    ]
    expect(shapesOfFill({ evaluate })).toEqual([null])
  })
})

describe('what a handle stands for', () => {
  test('is known where elements are read from a tensor list', () => {
    const graph = make(
      placeholder('x', [null, 5, 2]),
      ['any', -1],
      ['list', 'TensorListFromTensor', 'x any', { element_dtype: 'float32', shape_type: 'int32' }],
      ['same', 'Identity', 'list', { T: 'variant' }],
      ['i', 0],
      ['y', 'TensorListGetItem', 'same i any', { element_dtype: 'float32' }],
    )
    expect(shapesIn(graph, 'y')).toEqual([[5, 2]])
  })

  test('is known where keys are looked up', () => {
    const graph = make(
      ['table', 'HashTableV2', '', { key_dtype: 'int64', value_dtype: 'float32' }],
      placeholder('keys', [null, 7]),
      ['none', 0],
      ['y', 'LookupTableFindV2', 'table keys none', { Tin: 'int64', Tout: 'float32' }],
    )
    expect(shapesIn(graph, 'y')).toEqual([[null, 7]])
  })
})

describe('single ops', () => {
  const x = placeholder('x', [2, 6, 8, 3])
  const nhwc = { T: 'float32' as const, strides: [1, 2, 2, 1], padding: { text: 'SAME' } }
  test.each<[string, Parameters<typeof make>, readonly Shape[]]>([
    ['Add broadcasts', [x, placeholder('c', [null, 1, 3]), ['y', 'Add', 'x c', { T: 'float32' }]], [[2, 6, 8, 3]]],
    ['Add of sizes that differ', [x, placeholder('c', [5]), ['y', 'Add', 'x c', { T: 'float32' }]], [null]],
    ['Conv2D SAME', [x, placeholder('w', [3, 3, 3, 16]), ['y', 'Conv2D', 'x w', nhwc]], [[2, 3, 4, 16]]],
    [
      'Conv2D VALID, dilated',
      [
        x,
        placeholder('w', [3, 3, 3, 16]),
        ['y', 'Conv2D', 'x w', { ...nhwc, strides: [1, 1, 1, 1], padding: { text: 'VALID' }, dilations: [1, 2, 2, 1] }],
      ],
      [[2, 2, 4, 16]],
    ],
    [
      'Conv2D NCHW with explicit padding',
      [
        placeholder('n', [2, 3, 6, 8]),
        placeholder('w', [3, 3, 3, 16]),
        [
          'y',
          'Conv2D',
          'n w',
          {
            T: 'float32',
            strides: [1, 1, 2, 2],
            padding: { text: 'EXPLICIT' },
            explicit_paddings: [0, 0, 0, 0, 1, 1, 1, 1],
            data_format: { text: 'NCHW' },
          },
        ],
      ],
      [[2, 16, 3, 4]],
    ],
    [
      'FusedBatchNormV3',
      [x, placeholder('s', [3]), ['y', 'FusedBatchNormV3', 'x s s s s', { T: 'float32', U: 'float32' }]],
      [[2, 6, 8, 3], [3], [3], [3], [3], null],
    ],
    ['Mean keeps', [x, ['a', [1, 2]], ['y', 'Mean', 'x a', { T: 'float32', keep_dims: true }]], [[2, 1, 1, 3]]],
    ['Mean over axes not known', [x, ['a', 'Where', 'x'], ['y', 'Mean', 'x a', { T: 'float32' }]], [null]],
    ['Transpose', [x, ['p', [0, 3, 1, 2]], ['y', 'Transpose', 'x p', { T: 'float32' }]], [[2, 3, 6, 8]]],
    ['Squeeze all', [placeholder('o', [1, 5, 1]), ['y', 'Squeeze', 'o', { T: 'float32' }]], [[5]]],
    [
      'Squeeze one',
      [placeholder('o', [1, 5, 1]), ['y', 'Squeeze', 'o', { T: 'float32', squeeze_dims: [-1] }]],
      [[1, 5]],
    ],
    ['ExpandDims', [x, ['a', -1], ['y', 'ExpandDims', 'x a', { T: 'float32' }]], [[2, 6, 8, 3, 1]]],
    [
      'Split',
      [['a', 1], x, ['y', 'Split', 'a x', { T: 'float32', num_split: 2 }]],
      [
        [2, 3, 8, 3],
        [2, 3, 8, 3],
      ],
    ],
    [
      'SplitV with a size to find',
      [['a', 1], ['n', [1, -1]], x, ['y', 'SplitV', 'x n a', { T: 'float32', num_split: 2, Tlen: 'int32' }]],
      [
        [2, 1, 8, 3],
        [2, 5, 8, 3],
      ],
    ],
    [
      'ConcatV2',
      [x, placeholder('z', [2, 6, null, 4]), ['a', 3], ['y', 'ConcatV2', 'x z a', { T: 'float32', N: 2 }]],
      [[2, 6, 8, 7]],
    ],
    ['Pack', [x, ['y', 'Pack', 'x x', { T: 'float32', N: 2, axis: 1 }]], [[2, 2, 6, 8, 3]]],
    [
      'Unpack',
      [x, ['y', 'Unpack', 'x', { T: 'float32', num: 2 }]],
      [
        [6, 8, 3],
        [6, 8, 3],
      ],
    ],
    ['GatherV2', [x, ['i', [0, 1, 1]], ['a', 1], ['y', 'GatherV2', 'x i a', { Tparams: 'float32' }]], [[2, 3, 8, 3]]],
    [
      'OneHot',
      [
        ['i', [1, 2]],
        ['d', 7],
        ['v', 1],
        ['y', 'OneHot', 'i d v v', { T: 'int32' }],
      ],
      [[2, 7]],
    ],
    [
      'Range',
      [
        ['a', 2],
        ['b', 11],
        ['d', 3],
        ['y', 'Range', 'a b d'],
      ],
      [[3]],
    ],
    [
      'Range downwards to above',
      [
        ['a', 2],
        ['b', 11],
        ['d', -3],
        ['y', 'Range', 'a b d'],
      ],
      [[0]],
    ],
    ['Pad', [x, ['p', [0, 0, 1, 2, 0, 0, 3, 0]], ['y', 'Pad', 'x p', { T: 'float32' }]], [[2, 9, 8, 6]]],
    [
      'MaxPool',
      [x, ['y', 'MaxPool', 'x', { ...nhwc, ksize: [1, 3, 3, 1], padding: { text: 'VALID' } }]],
      [[2, 2, 3, 3]],
    ],
    [
      'MatMul',
      [placeholder('a', [null, 4]), ['y', 'MatMul', 'a a', { T: 'float32', transpose_b: true }]],
      [[null, null]],
    ],
    ['ResizeBilinear', [x, ['s', [10, 20]], ['y', 'ResizeBilinear', 'x s', { T: 'float32' }]], [[2, 10, 20, 3]]],
    ['Shape of what is not known', [placeholder('o', null), ['y', 'Shape', 'o', { T: 'float32' }]], [[null]]],
    ['an op that is not known', [x, ['y', 'NoSuchOp', 'x']], []],
    ['an op without a rule', [x, ['y', 'Dawsn', 'x', { T: 'float32' }]], [null]],
    ['an input that dangles', [['y', 'Relu', 'gone', { T: 'float32' }]], [null]],
  ])('%s', (_, nodes, shapes) => {
    expect(shapesIn(make(...nodes), 'y')).toEqual(shapes)
  })

  test('a scalar shape of a placeholder means nothing before version 24', () => {
    const make0 = (producer: number): Graph => {
      const node = new Node({ name: 'x', op: 'Placeholder' })
      node.attrs.setShape('shape', [])
      return new Graph([node], { versions: { producer, minConsumer: 0 }, functionNames: new Set(), otherFields: [] })
    }
    expect(shapesIn(make0(23), 'x')).toEqual([null])
    expect(shapesIn(make0(24), 'x')).toEqual([[]])
  })

  test('what is fed over a default may have another shape', () => {
    const graph = make(['d', [1, 2]], ['y', 'PlaceholderWithDefault', 'd', { dtype: 'int32', shape: [null] }])
    expect(shapesIn(graph, 'y')).toEqual([[null]])
  })

  test('a loop ends, and what comes around it is unknown', () => {
    const graph = make(
      placeholder('x', [3]),
      ['enter', 'Enter', 'x', { T: 'float32' }],
      ['merge', 'Merge', 'enter next', { T: 'float32', N: 2 }],
      ['body', 'Relu', 'merge', { T: 'float32' }],
      ['next', 'NextIteration', 'body', { T: 'float32' }],
      ['y', 'Exit', 'merge', { T: 'float32' }],
    )
    expect(shapesIn(graph, 'y')).toEqual([null])
  })

  test('a loop is entered at its Merge, wherever in it the graph begins', () => {
    const graph = make(
      ['next', 'NextIteration', 'body', { T: 'float32' }],
      placeholder('x', [3]),
      ['enter', 'Enter', 'x', { T: 'float32', is_constant: true }],
      ['merge', 'Merge', 'enter next', { T: 'float32', N: 2 }],
      placeholder('w', [3, 3]),
      ['row', 'ExpandDims', 'merge zero', { T: 'float32' }],
      ['zero', 0],
      ['body', 'MatMul', 'row w', { T: 'float32' }],
    )
    expect(shapesIn(graph, 'merge')).toEqual([null, []])
    expect(shapesIn(graph, 'next')).toEqual([[null, 3]])
  })
})
