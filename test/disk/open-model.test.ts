import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseRequest } from '../../src/chain/request.js'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { readModel } from '../../src/codec/read-model.js'
import { type OpenModelOptions, openModel } from '../../src/disk/open-model.js'
import { writeSlices } from '../../src/disk/write-slices.js'
import { loaded, unread } from '../../src/graph/deferred-bytes.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { optimize, transformModel } from '../../src/optimize.js'
import { models } from '../models/models.js'

const folder = mkdtempSync(join(tmpdir(), 'graphdef-disk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every tensor of more than a few bytes is left unread. */
const eager: OpenModelOptions = { smallestFile: 0, smallestTensor: 16 }

function constant(name: string, tensor: Tensor): Node {
  const node = new Node({ name, op: 'Const' })
  node.attrs.setType('dtype', tensor.dtype)
  node.attrs.setTensor('value', tensor)
  return node
}

function fileOf(name: string, nodes: readonly Node[]): string {
  const path = join(folder, name)
  writeFileSync(path, joinSlices(encodeGraphDef(new Graph(nodes)).list))
  return path
}

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => index)

async function written(slices: readonly Uint8Array[]): Promise<Uint8Array> {
  const path = join(folder, 'written')
  const file = await open(path, 'w')
  await writeSlices(file, slices)
  await file.close()
  return new Uint8Array(readFileSync(path))
}

/** Where a node stands in the file. */
function recordOf(graph: Graph, name: string): Uint8Array {
  const { bytes, start, end } = graph.get(name)!.source!
  return bytes.subarray(start, end)
}

describe('openModel', () => {
  const path = fileOf('ramps.pb', [
    constant('a', Tensor.of('float32', [100], ramp(100))),
    constant('b', Tensor.of('float32', [200], ramp(200))),
  ])

  it('reads a tensor when its elements are asked for, and no other', async () => {
    const { bytes, close } = openModel(path, eager)
    const { graph } = await readModel(bytes)
    expect(unread(bytes)).toBeDefined()
    expect([...graph.get('b')!.attrs.tensor('value')!.values()]).toEqual([...ramp(200)])
    expect(unread(recordOf(graph, 'b'))).toBeUndefined()
    expect(unread(recordOf(graph, 'a'))).toBeDefined()
    expect([...loaded(bytes)]).toEqual([...readFileSync(path)])
    expect(unread(bytes)).toBeUndefined()
    close()
  })

  it('copies what nobody asked for from file to file', async () => {
    const { bytes, close } = openModel(path, eager)
    const { graph } = await readModel(bytes)
    graph.get('a')!.device = '/cpu:0'
    const { list } = encodeGraphDef(graph)
    const result = await written(list)
    expect(unread(recordOf(graph, 'b'))).toBeDefined()
    expect([...result]).toEqual([...joinSlices(list)])
    close()
  })

  it('reads a small file whole, and one that is no GraphDef', () => {
    const whole = openModel(path)
    expect(unread(whole.bytes)).toBeUndefined()
    expect([...whole.bytes]).toEqual([...readFileSync(path)])
    const cut = join(folder, 'cut.pb')
    writeFileSync(cut, readFileSync(path).subarray(0, 700))
    const { bytes } = openModel(cut, eager)
    expect(unread(bytes)).toBeUndefined()
    expect([...bytes]).toEqual([...readFileSync(cut)])
  })

  it('reads strings with the graph, which stand in tensor_content behind their lengths', async () => {
    const text = fileOf('strings.pb', [
      constant('a', Tensor.ofStrings([1], [new TextEncoder().encode('x'.repeat(100))])),
    ])
    const { bytes, close } = openModel(text, eager)
    expect(unread(bytes)).toBeUndefined()
    close()
  })

  it('says when the file became shorter meanwhile', async () => {
    const shrinking = join(folder, 'shrinking.pb')
    writeFileSync(shrinking, readFileSync(path))
    const { bytes, close } = openModel(shrinking, eager)
    const { graph } = await readModel(bytes)
    truncateSync(shrinking, 20)
    expect(() => graph.get('b')!.attrs.tensor('value')!.values()).toThrow(
      expect.objectContaining({
        code: 'truncated',
        message: expect.stringContaining('the file became shorter while it was read'),
      }),
    )
    close()
  })
})

describe('a model that is read when it is asked for', () => {
  it.each(['deploy,merge_duplicate_nodes', 'eight_bit', 'rounded&format=memmapped'])(
    'comes out of %s as one that was read whole',
    async (chain) => {
      const different: string[] = []
      for (const { name, path, outputs } of models()) {
        const request = parseRequest(`optimize=${chain}&outputs=${outputs.join(',')}`)
        const whole = await optimize(readFileSync(path), request)
        const { bytes, close } = openModel(path, eager)
        const { slices } = await transformModel(bytes, request)
        if (Buffer.compare(await written(slices.list), joinSlices(whole.bytes)) !== 0) different.push(name)
        close()
      }
      expect(different).toEqual([])
    },
  )
})
