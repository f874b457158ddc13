import { describe, expect, it } from 'vitest'
import { readMemmapped } from '../../src/runtime/memmapped.js'
import * as write from './graph-writer.js'

const graph = write.graph(write.placeholder('x'))
const regions = { w: Uint8Array.of(1, 2, 3), b: Uint8Array.of(4, 5) }

/** A package with this directory behind a byte of content. */
function withDirectory(...elements: Uint8Array[]): Uint8Array {
  const offset = write.bytesOf(BigUint64Array.of(1n))
  return write.join(Uint8Array.of(0), ...elements.map((element) => write.sized(1, element)), offset)
}

describe('readMemmapped', () => {
  it('finds the graph and the regions, as views of the file', () => {
    const file = write.memmapped(regions, graph)
    const found = readMemmapped(file)
    expect(found.graph).toEqual(graph)
    expect(found.graph.buffer).toBe(file.buffer)
    expect(found.regions.get('memmapped_package://w')).toEqual(regions.w)
    expect(found.regions.get('memmapped_package://b')).toEqual(regions.b)
    expect(found.regions.get('memmapped_package://b')!.byteOffset).toBe(64)
  })

  it('takes a region to the next one where a file of TensorFlow 1.x states no length', () => {
    const found = readMemmapped(write.memmapped(regions, graph, false))
    expect(found.graph).toEqual(graph)
    expect([...found.regions.get('memmapped_package://w')!].slice(0, 4)).toEqual([1, 2, 3, 0])
    expect(found.regions.get('memmapped_package://w')!.length).toBe(64)
  })

  it.each([
    ['a short file', new Uint8Array(7), 'the file has 7 bytes'],
    ['a GraphDef', graph, 'its directory would start at byte'],
    ['no graph', withDirectory(write.sized(2, 'memmapped_package://w')), 'there is no region with the graph'],
    [
      'a region behind the directory',
      withDirectory(write.join(write.number(1, 9), write.sized(2, 'memmapped_package://.'))),
      'the region memmapped_package://. is misplaced',
    ],
    [
      'a region that runs into the directory',
      withDirectory(write.join(write.sized(2, 'memmapped_package://.'), write.number(3, 2))),
      'the region memmapped_package://. is misplaced',
    ],
  ])('refuses %s', (_, file, why) => {
    expect(() => readMemmapped(file)).toThrow(`Not a memory-mapped package: ${why}`)
  })
})
