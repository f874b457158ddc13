import { describe, expect, it } from 'vitest'
import { bindInputShapes, parseInputShapes, printInputShapes } from '../../src/chain/input-shapes.js'
import { parseRequest, printRequest } from '../../src/chain/request.js'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { optimize } from '../../src/optimize.js'
import { parseGraph, printGraph } from '../transforms/graph-text.js'

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('there was no error')
}

/** The graph after shapes are given. */
const bound = (text: string, shapes: string, inputs?: readonly string[]): string => {
  const { graph } = parseGraph(text)
  bindInputShapes(graph, parseInputShapes(shapes), { inputs })
  return printGraph(graph)
}

describe('shapes are read', () => {
  it.each([
    ['image:1,224,224,3', 'image:1,224,224,3'],
    ['b:0:?,3 ; a=[1, 2]', 'a:1,2;b:-1,3'],
    ['x:1x28x28', 'x:1,28,28'],
    ['x:[]', 'x:[]'],
    ['x:unknown', 'x:unknown'],
  ])('%s', (text, canonical) => {
    expect(printInputShapes(parseInputShapes(text))).toBe(canonical)
    expect(printInputShapes(parseInputShapes(canonical))).toBe(canonical)
  })

  it.each([
    ['', 'has an empty item; write name:sizes, as image:1,224,224,3;mask:1,224'],
    ['a:1;', 'has an empty item; write name:sizes, as image:1,224,224,3;mask:1,224'],
    ['1,224,224,3', 'has "1,224,224,3" without a name or sizes; write name:sizes, as image:1,224,224,3;mask:1,224'],
    ['a:', 'gives a no shape: the shape is empty; write [] for a scalar'],
    ['a:1,b', 'gives a no shape: "1,b" is not a shape such as 1,224,224,3'],
    ['a:1;a:2', 'gives a two shapes'],
  ])('%s is an error', (text, message) => {
    expect(messageOf(() => parseInputShapes(text))).toBe(message)
  })

  it('in an import, as a part of the cache key', () => {
    const request = parseRequest('optimize&shape=b:?,3;a:1')
    expect(request.shapes).toEqual([
      { name: 'b', shape: [null, 3] },
      { name: 'a', shape: [1] },
    ])
    expect(printRequest(request)).toBe(printRequest(parseRequest('shape=a:1;b:-1,3&optimize')))
    expect(printRequest(request)).not.toBe(printRequest(parseRequest('optimize')))
    expect(messageOf(() => parseRequest('optimize&shape=224'))).toContain(
      'shape has "224" without a name or sizes; write name:sizes',
    )
  })
})

describe('an input that is given a shape', () => {
  const image = 'x = Placeholder[dtype=float, shape=shape[?,224,224,3]]()'

  it('has the sizes that the graph leaves open, and keeps the others', () => {
    expect(bound(image, 'x:1,224,-1,3')).toBe('x = Placeholder[dtype=float, shape=shape[1,224,224,3]]()')
    expect(bound('x = Placeholder[dtype=float]()', 'x:1,-1')).toBe('x = Placeholder[dtype=float, shape=shape[1,?]]()')
    expect(bound(image, 'x:unknown')).toBe(image)
  })

  it('becomes a placeholder where it is none but listed among the inputs', () => {
    const text = `
      j = Const[dtype=string, value=string[]<"">]()
      d = DecodeJpeg[channels=3](j)
      y = Cast[SrcT=uint8, DstT=float](d)`
    expect(bound(text, 'd:4,5,3', ['d:0'])).toContain('d = Placeholder[dtype=uint8, shape=shape[4,5,3]]()')
    expect(messageOf(() => bound(text, 'd:4,5,3'))).toBe(
      '"d" is given a shape, and it is no placeholder but a DecodeJpeg\n  If it is fed all the same, list it among the inputs. The graph has no placeholder.',
    )
    expect(messageOf(() => bound(text, 'd:4,5,4', ['d']))).toContain(
      '"d" has the shape [?,?,3] in the graph and cannot be given [4,5,4]',
    )
  })

  it('has one output only', () => {
    const text = `
      x = Placeholder[dtype=float]()
      s = Split[T=float, num_split=2](x, x)
      y = Add[T=float](s, s:1)`
    expect(messageOf(() => bound(text, 's:1', ['s']))).toBe(
      '"s" is given a shape, and "y" reads its output 1\n  Only an input with one output can be given a shape.',
    )
  })

  it('cannot have another shape than the graph says', () => {
    expect(messageOf(() => bound(image, 'x:1,299,299,3'))).toBe(
      '"x" has the shape [?,224,224,3] in the graph and cannot be given [1,299,299,3]\n' +
        '  Only sizes that the graph leaves open, shown as ?, can be given. Leave the others as they are, with ? or -1.',
    )
    expect(messageOf(() => bound(image, 'x:1,224'))).toContain(
      '"x" has the shape [?,224,224,3] in the graph and cannot be given [1,224], which has another number of dimensions',
    )
  })

  it('is there', () => {
    const text = 'image = Placeholder[dtype=float]()\nmask = Placeholder[dtype=float]()'
    expect(messageOf(() => bound(text, 'imag:1'))).toBe(
      'the graph has no node "imag", which is given a shape\n  did you mean "image"?\n  Its placeholders: image, mask.',
    )
  })
})

describe('a request with a shape', () => {
  const text = `
    x = Placeholder[dtype=float, shape=shape[?,4,4,2]]()
    shape = Shape[T=float, out_type=int32](x)
    from = Const[dtype=int32, value=int32[1]{0}]()
    to = Const[dtype=int32, value=int32[1]{1}]()
    batch = StridedSlice[T=int32, Index=int32, shrink_axis_mask=1](shape, from, to, to)
    rest = Const[dtype=int32, value=int32[]<32>]()
    target = Pack[N=2, T=int32](batch, rest)
    y = Reshape[T=float, Tshape=int32](x, target)`

  it('folds what hangs on it, and says the shape in the manifest', async () => {
    const source = joinSlices(encodeGraphDef(parseGraph(text).graph).list)
    const open = await optimize(source, parseRequest('optimize=deploy'))
    expect(open.manifest.inputs.x!.shape).toEqual([null, 4, 4, 2])
    expect(open.manifest.outputs.y!.shape).toEqual([null, 32])
    expect(open.manifest.ops).toContain('Shape')
    const given = await optimize(source, parseRequest('optimize=deploy&shape=x:5,4,4,2'))
    expect(given.manifest.inputs.x!.shape).toEqual([5, 4, 4, 2])
    expect(given.manifest.outputs.y!.shape).toEqual([5, 32])
    expect(given.manifest.ops).toEqual(['Const', 'Placeholder', 'Reshape'])
  })
})
