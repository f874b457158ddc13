import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import type { ModelManifest, TensorInfo, TensorInfos } from '../../src/manifest/types.js'
import { load, loadBytes, type Model, type ModelLoadError, type TfLike } from '../../src/runtime/index.js'
import * as write from './graph-writer.js'
import { manifestFor, recordedFiles, relativeError } from './recorded.js'

const fixtures = new URL('fixtures/', import.meta.url)

function info<const S extends TensorInfo['shape'], const D extends TensorInfo['dtype'] = 'float32'>(
  name: string,
  shape: S,
  dtype?: D,
): { readonly name: string; readonly dtype: D; readonly shape: S } {
  return { name, dtype: dtype ?? ('float32' as D), shape }
}

/** y = x * w, for x of [?,3]. */
const scaling = write.graph(write.placeholder('x'), write.floats('w', [1, 2, 3]), {
  name: 'y',
  op: 'Mul',
  input: ['x', 'w'],
})
const scalingInfos = { inputs: { x: info('x', [null, 3]) }, outputs: { y: info('y', [null, 3]) } }
const scalingManifest = manifestFor(scaling, scalingInfos)

/** A graph that passes its inputs on. */
async function passing<const I extends TensorInfos>(
  inputs: I,
): Promise<Model<I, Record<string, TensorInfo>, typeof tf>> {
  const names = Object.keys(inputs)
  const file = write.graph(...names.map((name) => ({ name: `${name}_out`, op: 'Identity', input: [name] })))
  const outputs = Object.fromEntries(names.map((name) => [`${name}_out`, info(`${name}_out`, null)]))
  return loadBytes(file, manifestFor(file, { inputs, outputs: outputs as Record<string, TensorInfo> }), { tf })
}

async function failure(promise: Promise<unknown>): Promise<ModelLoadError> {
  return promise.then(
    () => expect.unreachable('it should have failed'),
    (error) => error,
  )
}

let tensorsBefore = 0

beforeAll(async () => {
  await tf.setBackend('cpu')
})

beforeEach(() => {
  tensorsBefore = tf.memory().numTensors
})

afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore)
})

describe('load', () => {
  it('downloads a model and runs it', async () => {
    const model = await load(
      { url: '/scaling.pb', ...scalingManifest },
      { tf, fetch: async () => new Response(scaling) },
    )
    const { y } = await model.run({ x: [[1, 1, 1]] })
    expectTypeOf(y).toEqualTypeOf<tf.Tensor<tf.Rank>>()
    expectTypeOf(model.graphModel).toEqualTypeOf<tf.GraphModel>()
    expect(await y.array()).toEqual([[1, 2, 3]])
    expect(model.graphModel.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [-1, 3] }])
    y.dispose()
    model.dispose()
  })

  it('stops before it makes a model where the signal says so', async () => {
    const controller = new AbortController()
    const onProgress = ({ loaded }: { loaded: number }): void => {
      if (loaded === scaling.length) controller.abort()
    }
    const options = { tf, fetch: async () => new Response(scaling), onProgress, signal: controller.signal }
    const error = await failure(load({ url: '/scaling.pb', ...scalingManifest }, options))
    expect(error.name).toBe('AbortError')
  })

  it('rejects a wrong name of an input or output when it is compiled', async () => {
    const model = await loadBytes(scaling, scalingManifest, { tf })
    // @ts-expect-error the input is named x
    await expect(model.run({ input: [[1, 1, 1]] })).rejects.toThrow('The model has no input "input".')
    // @ts-expect-error the output is named y
    const nothing: unknown = (await failure(model.run({ x: 'text' }))).z
    expect(nothing).toBeUndefined()
    model.dispose()
  })
})

describe('loadBytes', () => {
  it('checks the content as a download does', async () => {
    expect((await failure(loadBytes(scaling.slice(1), scalingManifest, { tf }))).message).toBe(
      `The model: got ${scaling.length - 1} of ${scaling.length} bytes.`,
    )
  })

  it('names the ops that TensorFlow.js does not know, and their nodes', async () => {
    const file = write.graph(
      write.placeholder('x'),
      { name: 'a', op: 'Requantize', input: ['x'] },
      { name: 'b', op: 'Requantize', input: ['a'] },
      { name: 'c', op: 'FakeQuantWithMinMaxVars', input: ['b', 'x', 'x'] },
      { name: 'y', op: 'Relu', input: ['c'] },
    )
    const error = await failure(loadBytes(file, manifestFor(file, scalingInfos), { tf }))
    expect([error.code, error.details]).toEqual([
      'unsupported-op',
      [
        { op: 'Requantize', nodes: ['b', 'a'] },
        { op: 'FakeQuantWithMinMaxVars', nodes: ['c'], reason: 'it passes the values through unchanged' },
      ],
    ])
    expect(error.message).toBe(
      "TensorFlow.js can't run these ops of the model:\n" +
        '  Requantize: b, a\n' +
        '  FakeQuantWithMinMaxVars (it passes the values through unchanged): c',
    )
  })

  it('takes the ops that the app registered', async () => {
    tf.registerOp('Triple', (node) => tf.mul(node.inputs[0]!, 3))
    const file = write.graph(write.placeholder('x'), { name: 'y', op: 'Triple', input: ['x'] })
    const model = await loadBytes(file, manifestFor(file, scalingInfos), { tf })
    const { y } = await model.run({ x: [[1, 2, 3]] })
    expect(await y.array()).toEqual([[3, 6, 9]])
    tf.deregisterOp('Triple')
    y.dispose()
    model.dispose()
  })

  it('says that there is no backend', async () => {
    const bare = { ...tf, ready: async () => {}, getBackend: () => '' } as unknown as TfLike
    const error = await failure(loadBytes(scaling, scalingManifest, { tf: bare }))
    expect([error.code, error.message]).toEqual([
      'backend',
      'TensorFlow.js has no backend. Import one (@tensorflow/tfjs-backend-wasm, -webgl, -cpu) and await tf.setBackend().',
    ])
  })

  it('leaves nothing behind where TensorFlow.js fails, and says why', async () => {
    const file = write.graph(write.placeholder('x'), write.floats('w', [1, 2]), {
      name: 'y',
      op: 'Mul',
      input: ['x', 'w'],
    })
    const error = await failure(loadBytes(file, manifestFor(file, scalingInfos), { tf, warmUp: true }))
    expect(error.code).toBe('backend')
    expect(error.message).toContain("TensorFlow.js can't take the model (backend cpu): Error: Operands could not be")
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('leaves a constant that is broken to no one', async () => {
    const broken = write.constant('w', write.tensor(1, [3], write.content(Float32Array.of(1))))
    const file = write.graph(write.placeholder('x'), write.floats('v', [1]), broken, {
      name: 'y',
      op: 'AddN',
      input: ['v', 'w', 'x'],
    })
    expect((await failure(loadBytes(file, manifestFor(file, scalingInfos), { tf }))).code).toBe('format')
  })

  it('sends a model of format tfjs to the loader of TensorFlow.js', async () => {
    const error = await failure(loadBytes(scaling, { ...scalingManifest, format: 'tfjs' }, { tf }))
    expect([error.code, error.message]).toEqual([
      'format',
      'A model of format "tfjs" is loaded by tf.loadGraphModel(model.url).',
    ])
  })

  it('warms up on zeros, of the shapes that are given', async () => {
    const shapes: number[][] = []
    tf.registerOp('Spy', (node) => {
      shapes.push(node.inputs[0]!.shape)
      return tf.clone(node.inputs[0]!)
    })
    const file = write.graph(write.placeholder('x'), { name: 'y', op: 'Spy', input: ['x'] })
    for (const warmUp of [false, true, { x: [5, 3] }]) {
      const model = await loadBytes(file, manifestFor(file, scalingInfos), { tf, warmUp })
      model.dispose()
    }
    tf.deregisterOp('Spy')
    expect(shapes).toEqual([
      [1, 3],
      [5, 3],
    ])
  })
})

describe('run', () => {
  it('takes tensors, nested, flat and typed arrays', async () => {
    const model = await loadBytes(scaling, scalingManifest, { tf })
    const tensor = tf.tensor([[1, 1, 1]])
    const feeds = [
      tensor,
      [[1, 1, 1]],
      [1, 1, 1],
      Float32Array.of(1, 1, 1),
      Float64Array.of(1, 1, 1),
      Uint8Array.of(1, 1, 1),
    ]
    for (const x of feeds) {
      const { y } = await model.run({ x })
      expect(await y.array()).toEqual([[1, 2, 3]])
      y.dispose()
    }
    expect(tensor.isDisposed).toBe(false)
    tensor.dispose()
    const { y } = await model.run({ x: new Float32Array(12) })
    expect(y.shape).toEqual([4, 3])
    y.dispose()
    model.dispose()
  })

  it('takes values of every type, 64-bit integers among them', async () => {
    const model = await passing({
      long: info('long', [2], 'int64'),
      byte: info('byte', [null], 'uint8'),
      flag: info('flag', [2], 'bool'),
      word: info('word', [], 'string'),
      half: info('half', [1], 'float16'),
      any: info('any', null, 'int32'),
    })
    const results = await model.run({
      long: BigInt64Array.of(1n, -2n),
      byte: Uint8ClampedArray.of(1, 255),
      flag: [true, false],
      word: 'Köln',
      half: [0.5],
      any: [
        [1, 2],
        [3, 4],
      ],
    })
    const found = Object.entries(results).map(([name, tensor]) => [name, tensor.dtype, tensor.arraySync()])
    expect(found).toEqual([
      ['long_out', 'int32', [1, -2]],
      ['byte_out', 'int32', [1, 255]],
      ['flag_out', 'bool', [1, 0]],
      ['word_out', 'string', 'Köln'],
      ['half_out', 'float32', [0.5]],
      [
        'any_out',
        'int32',
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ])
    tf.dispose(results)
    model.dispose()
  })

  it.each([
    ['nothing', {}, 'The input "x" is missing. The model\'s inputs are: x (float32 [?,3]).'],
    [
      'an unknown input',
      { x: [[1, 2, 3]], z: 1 },
      'The model has no input "z". The model\'s inputs are: x (float32 [?,3]).',
    ],
    ['another shape', { x: [[1, 2]] }, 'The input "x" takes float32 [?,3], but was given values [1,2].'],
    ['too few values', { x: [1, 2] }, 'The input "x" takes float32 [?,3], but was given an array of 2 values.'],
    ['too deep an array', { x: [[[1, 2, 3]]] }, 'but was given values [1,1,3].'],
    ['a scalar', { x: 1 }, 'but was given values [].'],
    ['ragged rows', { x: [[1, 2, 3], [1]] }, 'but was given an array whose rows differ in length.'],
    ['text', { x: [['a', 'b', 'c']] }, 'but was given "a".'],
    ['booleans', { x: [true, true, true] }, 'but was given true.'],
  ])('refuses %s', async (_, feeds, message) => {
    const model = await loadBytes(scaling, scalingManifest, { tf })
    const error = await failure(model.run(feeds as never))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(message)
    model.dispose()
  })

  it('refuses tensors of another dtype or shape, and numbers that an integer input would cut', async () => {
    const model = await passing({
      n: info('n', [2], 'int64'),
      flag: info('flag', [], 'bool'),
      s: info('s', [], 'string'),
    })
    const good = { n: [1, 2], flag: true, s: 'a' }
    const wrong = tf.tensor([1, 2], [2], 'float32')
    const long = tf.tensor([1, 2, 3], [3], 'int32')
    const cases = [
      [{ n: wrong }, 'The input "n" takes int32 [2], but was given float32 [2].'],
      [{ n: long }, 'The input "n" takes int32 [2], but was given int32 [3].'],
      [{ n: [1.5, 2] }, 'The input "n" takes int32 [2], but was given 1.5.'],
      [{ n: new Float32Array(2) }, 'The input "n" takes int32 [2], but was given typed values (Float32Array).'],
      [{ flag: 2 }, 'The input "flag" takes bool [], but was given 2.'],
      [{ flag: new Int32Array(1) }, 'The input "flag" takes bool [], but was given typed values (Int32Array).'],
      [{ s: 1 }, 'The input "s" takes string [], but was given 1.'],
    ] as const
    for (const [feeds, message] of cases) await expect(model.run({ ...good, ...feeds })).rejects.toThrow(message)
    tf.dispose([wrong, long])
    model.dispose()
  })

  it('does not guess a shape with two unknown dimensions', async () => {
    const model = await passing({ x: info('x', [null, null]) })
    await expect(model.run({ x: new Float32Array(4) })).rejects.toThrow(
      'The input "x" takes float32 [?,?], but was given an array of 4 values.',
    )
    model.dispose()
  })

  it('gives tensors of its own where an output is a weight, an input or another output', async () => {
    const file = write.graph(write.placeholder('x'), write.floats('w', [1, 2]))
    const outputs = { x: info('x', [2]), w: info('w', [2]), again: info('w', [2]) }
    const model = await loadBytes(file, manifestFor(file, { inputs: { x: info('x', [2]) }, outputs }), { tf })
    for (let round = 0; round < 2; round++) {
      const x = tf.tensor([3, 4])
      const results = await model.run({ x })
      expect(Object.values(results).map((tensor) => tensor.arraySync())).toEqual([
        [3, 4],
        [1, 2],
        [1, 2],
      ])
      tf.dispose(results)
      expect(x.isDisposed).toBe(false)
      x.dispose()
    }
    model.dispose()
  })

  it('gives later ports under their names', async () => {
    const file = write.graph(write.placeholder('x'), write.constant('axis', write.tensor(3, [])), {
      name: 's',
      op: 'Split',
      input: ['axis', 'x'],
      attr: { num_split: write.attr.int(2) },
    })
    const outputs = { 's:1': info('s:1', [1]), s: info('s', [1]) }
    const model = await loadBytes(file, manifestFor(file, { inputs: { x: info('x', [2]) }, outputs }), { tf })
    const results = await model.run({ x: [5, 6] })
    expect([results.s.arraySync(), results['s:1'].arraySync()]).toEqual([[5], [6]])
    tf.dispose(results)
    model.dispose()
  })

  it('runs on complex constants', async () => {
    const file = write.graph(write.constant('c', write.tensor(8, [2], write.content(Float32Array.of(1, 2, 3, 4)))), {
      name: 'y',
      op: 'Imag',
      input: ['c'],
    })
    const outputs = { y: info('y', [2]) }
    const model = await loadBytes(file, manifestFor(file, { inputs: {}, outputs }), { tf })
    const { y } = await model.run({})
    expect(y.arraySync()).toEqual([2, 4])
    y.dispose()
    model.dispose()
  })

  it('names an output that has no value', async () => {
    const moments = ['x', 'x', 'x', 'x'].map((name, index) => (index ? 'v' : name))
    const file = write.graph(write.placeholder('x'), write.floats('v', [1, 1, 1]), {
      name: 'norm',
      op: 'FusedBatchNorm',
      input: [...moments, 'v'],
    })
    const outputs = { 'norm:4': info('norm:4', null) }
    const inputs = { x: info('x', [1, 1, 1, 3]) }
    const model = await loadBytes(file, manifestFor(file, { inputs, outputs }), { tf })
    const error = await failure(model.run({ x: [1, 2, 3] }))
    expect([error.code, error.message]).toEqual(['backend', 'TensorFlow.js computes no value for the output norm:4.'])
    model.dispose()
  })

  it('says what a trap in a WebAssembly backend means', async () => {
    tf.registerOp('Trap', () => {
      throw new WebAssembly.RuntimeError('memory access out of bounds')
    })
    const file = write.graph(write.placeholder('x'), { name: 'y', op: 'Trap', input: ['x'] })
    const model = await loadBytes(file, manifestFor(file, scalingInfos), { tf })
    const error = await failure(model.run({ x: [1, 2, 3] }))
    expect([error.code, error.message]).toEqual([
      'backend',
      'The backend cpu broke down (RuntimeError: memory access out of bounds). Reload the page, or register it anew.',
    ])
    tf.deregisterOp('Trap')
    model.dispose()
  })
})

describe('a graph of the real tool', () => {
  it.each(['eight_bit_deep_mlp', 'eight_bit_convolutions'])('%s gives the answers of TensorFlow', async (name) => {
    const { content, manifest, feeds, answers } = recordedFiles(
      new URL(`${name}.pb`, fixtures),
      new URL(`${name}.npz`, fixtures),
      'execute',
    )
    const model = await loadBytes(content, manifest, { tf })
    const results = await model.run(feeds as never)
    for (const [output, answer] of Object.entries(answers)) {
      expect(await relativeError(results[output]!, answer)).toBeLessThan(1e-5)
    }
    tf.dispose(results)
    model.dispose()
  })

  it('has the weights that TensorFlow dequantises, to the last bit', async () => {
    const weights = JSON.parse(readFileSync(new URL('weights.json', fixtures), 'utf8')) as Record<string, object>
    for (const [name, digests] of Object.entries(weights)) {
      const content = new Uint8Array(readFileSync(new URL(`${name}.pb`, fixtures)))
      const outputs = Object.fromEntries(Object.keys(digests).map((node) => [node, info(node, null)]))
      const model = await loadBytes(content, manifestFor(content, { inputs: {}, outputs }), { tf })
      const results = await model.run({})
      const found = Object.entries(results).map(([node, tensor]) => {
        const values = tensor.dataSync()
        return [
          node,
          createHash('sha256')
            .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
            .digest('hex'),
        ]
      })
      expect(Object.fromEntries(found)).toEqual(digests)
      expect(found.length).toBeGreaterThan(1)
      tf.dispose(results)
      model.dispose()
    }
  })

  it('with loops and branches as functions runs', async () => {
    const { content, manifest, feeds, answers } = recordedFiles(
      new URL('control_flow.pb', fixtures),
      new URL('control_flow.npz', fixtures),
      'executeAsync',
    )
    const model = await loadBytes(content, manifest, { tf })
    const { Identity } = await model.run(feeds as never)
    expect(await relativeError(Identity!, answers.Identity!)).toBeLessThan(1e-6)
    Identity!.dispose()
    model.dispose()
  })
})

describe('a memory-mapped package', () => {
  const weights = Float32Array.from({ length: 6 }, (_, index) => index / 4 - 1)
  const graph = write.graph(
    write.placeholder('x'),
    write.immutable('w', 1, [3, 2], 'w'),
    write.immutable('b/q', 12, [2], 'b_q'),
    write.floats('low', [-1], []),
    write.floats('high', [1], []),
    { name: 'b', op: 'Dequantize', input: ['b/q', 'low', 'high'], attr: { mode: write.attr.text('MIN_FIRST') } },
    { name: 'product', op: 'MatMul', input: ['x', 'w'] },
    { name: 'y', op: 'BiasAdd', input: ['product', 'b'] },
  )
  const regions = { b_q: Uint8Array.of(0, 255), w: write.bytesOf(weights) }

  it.each([true, false])('runs as the graph that it was made of (lengths of regions stated: %s)', async (lengths) => {
    const file = write.memmapped(regions, graph, lengths)
    const manifest: ModelManifest<typeof scalingInfos.inputs, { y: TensorInfo }> = manifestFor(file, {
      inputs: scalingInfos.inputs,
      outputs: { y: info('y', [null, 2]) },
      format: 'memmapped',
    })
    const model = await loadBytes(file, manifest, { tf })
    const { y } = await model.run({ x: [[1, 2, 4]] })
    // MIN_FIRST takes the minimum to a whole number of steps: from -1 to -127 of them.
    const step = Math.fround(2 / 255)
    const low = Math.fround(-127 * step)
    expect(y.arraySync()).toEqual([[-2 + low, -0.25 + Math.fround(low + Math.fround(255 * step))].map(Math.fround)])
    y.dispose()
    model.dispose()
  })

  it('refuses a region that is too short', async () => {
    const file = write.memmapped({ ...regions, w: new Uint8Array(20) }, graph)
    const manifest = manifestFor(file, { ...scalingInfos, format: 'memmapped' })
    expect((await failure(loadBytes(file, manifest, { tf }))).message).toBe(
      'The constant w has 20 bytes, its type and shape say 24.',
    )
  })

  it('refuses a GraphDef that is said to be a package, and the other way round', async () => {
    const file = write.memmapped(regions, graph)
    expect(
      (await failure(loadBytes(graph, manifestFor(graph, { ...scalingInfos, format: 'memmapped' }), { tf }))).code,
    ).toBe('format')
    expect((await failure(loadBytes(file, manifestFor(file, scalingInfos), { tf }))).code).toBe('format')
  })
})
