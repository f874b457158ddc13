import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { parseRequest } from '../../src/chain/request.js'
import { findUnsupportedOps } from '../../src/chain/target-check.js'
import { encodeGraphDef, joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { targetNames } from '../../src/ops/targets.js'
import { optimize } from '../../src/optimize.js'
import { loadBytes, ModelLoadError } from '../../src/runtime/index.js'
import { allModelsPresent, models } from '../models/models.js'
import { recordedModel } from '../runtime/recorded.js'
import { parseGraph } from '../transforms/graph-text.js'

/** The error of a graph, given as text, in a build with this query. */
async function errorOf(text: string, query: string): Promise<string> {
  const bytes = joinSlices(encodeGraphDef(parseGraph(text).graph).list)
  try {
    await optimize(bytes, parseRequest(query))
    return 'none'
  } catch (error) {
    if (error instanceof GraphdefError) return `${error.code}: ${error.message}`
    throw error
  }
}

describe('a build with a target', () => {
  const preprocessed = `
file = Placeholder[dtype=string]()
jpeg = DecodeJpeg[channels=3](file)
picture = Cast[SrcT=uint8, DstT=float](jpeg)
y = Relu[T=float](picture)
`

  it('goes through where the target has everything', async () => {
    const text = 'x = Placeholder[dtype=float, shape=shape[1,2]]()\ny = Relu[T=float](x)'
    for (const target of targetNames) expect(await errorOf(text, `optimize=deploy&target=${target}`)).toBe('none')
  })

  it('names each op that the target lacks, where it sits, and where to cut', async () => {
    expect(await errorOf(preprocessed, 'optimize=kernels&target=tfjs')).toBe(
      [
        'unsupported-op: tfjs cannot run an op of the model',
        '  DecodeJpeg: at "jpeg", read by "picture"',
        '  node: jpeg',
        '  DecodeJpeg: cut the graph behind it with inputs=picture, where the app can compute what goes in there; or export the model without it.',
      ].join('\n'),
    )
    expect(await errorOf(preprocessed, 'optimize=kernels&inputs=picture&target=tfjs')).toBe('none')
  })

  it('names the transform that removes an op, found by trying it', async () => {
    const text = `
x = Placeholder[dtype=float, shape=shape[1,2]]()
checked = StopGradient[T=float](x)
array = TensorArrayV3[dtype=float](size)
size = Const[dtype=int32, value=int32[]<1>]()
index = Const[dtype=int32, value=int32[]<0>]()
written = TensorArrayWriteV3[T=float](array, index, checked, array:1)
y = TensorArrayReadV3[dtype=float](array, index, written)
`
    const error = await errorOf(text, 'optimize=kernels&target=tensorflow-mobile')
    expect(error).toBe('none')
    const older = text.replaceAll('StopGradient', 'Snapshot')
    expect(await errorOf(older, 'optimize=kernels&target=tensorflow-mobile')).toContain(
      'Snapshot: remove_nodes(op=Snapshot) in the chain removes it.',
    )
  })

  it('names the step that made the op', async () => {
    const text = `
x = Placeholder[dtype=float, shape=shape[1,4,4,1]]()
paddings = Const[dtype=int32, value=int32[4,2]{0, 0, 1, 1, 1, 1, 0, 0}]()
padded = MirrorPad[T=float, Tpaddings=int32, mode="REFLECT"](x, paddings)
w = Const[dtype=float, value=float[1,1,1,1]{2}]()
c = Conv2D[T=float, strides=[1, 1, 1, 1], padding="VALID"](padded, w)
y = Relu[T=float](c)
`
    const query = 'optimize=strip_unused_nodes,fuse_pad_and_conv&target=tfjs'
    expect(await errorOf(text, query)).toContain(
      'FusedPadConv2D: fuse_pad_and_conv made it: take that out of the chain.',
    )
  })

  it('tells a data type that the target has no kernel for', async () => {
    const text = 'x = Placeholder[dtype=int32, shape=shape[2]]()\ny = Neg[T=int32](x)\nz = Neg[T=int32](y)'
    expect(await errorOf(text, 'optimize=kernels&target=tensorflow-mobile-makefile')).toContain(
      '  Neg (it has no kernel for T=int32): at "y", read by "z", and at 1 more\n',
    )
    expect(await errorOf(text, 'optimize=kernels&target=tensorflow-mobile')).toBe('none')
  })

  it('tells a backend that has no kernel', async () => {
    const text = 'x = Placeholder[dtype=float]()\nu = Unique[T=float](x)'
    expect(await errorOf(text, 'optimize=kernels&outputs=u&target=tfjs-webgpu')).toContain(
      'Unique (the backend webgpu has no kernel for it): at "u"',
    )
    expect(await errorOf(text, 'optimize=kernels&outputs=u&target=tfjs-wasm')).toBe('none')
  })

  it.each([
    ['y = OneHot[T=float, TI=int32, axis=0](x, d, a, b)', 'OneHot (TensorFlow.js ignores the axis)'],
    ['y = MaxPool[T=float, data_format="NCHW"](x)', 'MaxPool (TensorFlow.js ignores data_format=NCHW)'],
    [
      'y = FakeQuantWithMinMaxVars(x, a, b)',
      'FakeQuantWithMinMaxVars (TensorFlow.js passes the values through unchanged)',
    ],
  ])('tells what TensorFlow.js computes wrongly: %s', async (line, expected) => {
    const nodes = ['x', 'd', 'a', 'b'].map((name) => `${name} = Placeholder[dtype=float]()`)
    expect(await errorOf([...nodes, line].join('\n'), 'optimize=&outputs=y&target=tfjs')).toContain(expected)
  })

  it('tells a target that does not exist', async () => {
    expect(await errorOf('x = Placeholder[dtype=float]()', 'optimize&target=tfjs-wsam')).toContain(
      'bad-query: there is no target "tfjs-wsam"',
    )
  })
})

describe('the ops that TensorFlow.js lacks', () => {
  it.each(models().filter((entry) => entry.feeds))('are those that the runtime refuses: $name', async (entry) => {
    const { content, manifest } = recordedModel(entry)
    const refused = await loadBytes(content, manifest, { tf }).then(
      (model) => {
        model.dispose()
        return []
      },
      (error) => (error instanceof ModelLoadError && error.code === 'unsupported-op' ? (error.details ?? []) : []),
    )
    const graph = readGraphDef(readFileSync(entry.path))
    const endpoints = { inputs: entry.inputs.map(parseTensorName), outputs: entry.outputs.map(parseTensorName) }
    const found = findUnsupportedOps(graph, 'tfjs', endpoints)
    const ops = (list: readonly { op: string }[]): string[] => [...new Set(list.map(({ op }) => op))].sort()
    expect(ops(found)).toEqual(ops(refused))
    if (found.length > 0) return
    for (const target of ['tfjs-cpu', 'tfjs-webgl'] as const) {
      expect(findUnsupportedOps(graph, target, endpoints)).toEqual([])
    }
  })

  it.runIf(allModelsPresent)('on the backend wasm are in these graphs', () => {
    const lacking = models().filter((entry) => {
      const graph = readGraphDef(readFileSync(entry.path))
      const endpoints = { inputs: entry.inputs.map(parseTensorName), outputs: entry.outputs.map(parseTensorName) }
      const count = (target: 'tfjs' | 'tfjs-wasm'): number => findUnsupportedOps(graph, target, endpoints).length
      return count('tfjs-wasm') > count('tfjs')
    })
    expect(lacking.map(({ name }) => name)).toMatchInlineSnapshot(`[]`)
  })
})
