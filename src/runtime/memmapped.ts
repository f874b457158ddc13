import { ModelLoadError } from './errors.js'
import { int, readMessage, type Schema, text } from './wire.js'

/** A memory-mapped package taken apart: the bytes of the GraphDef and of each tensor, as views of the file. */
export interface MemmappedPackage {
  readonly graph: Uint8Array
  /** By full name, `memmapped_package://...`. A region may end in padding where the writer gave no length. */
  readonly regions: ReadonlyMap<string, Uint8Array>
}

/** tensorflow/core/util/memmapped_file_system.proto. Files of TensorFlow 1.x have no `length`. */
const directory: Schema = { 1: ['element', { 1: ['offset', int], 2: ['name', text], 3: ['length', int] }, 'list'] }

interface Directory {
  element?: { offset?: number; name?: string; length?: number }[]
}

/**
 * Reads the package of `convert_graphdef_memmapped_format`: regions one after the other, their directory, and at the
 * very end the directory's offset. Throws a ModelLoadError `format`.
 */
export function readMemmapped(file: Uint8Array): MemmappedPackage {
  const size = file.length - 8
  if (size < 0) throw broken(`the file has ${file.length} bytes`)
  const trailer = new DataView(file.buffer, file.byteOffset + size, 8)
  const start = trailer.getUint32(0, true) + trailer.getUint32(4, true) * 2 ** 32
  if (start > size) throw broken(`its directory would start at byte ${start} of ${file.length}`)
  const regions = new Map<string, Uint8Array>()
  let next = start
  const { element = [] } = readMessage<Directory>(file, directory, start, size)
  for (const { offset = 0, name = '', length } of element.reverse()) {
    const end = length === undefined ? next : offset + length
    if (offset < 0 || offset >= next || end > next || regions.has(name)) throw broken(`the region ${name} is misplaced`)
    regions.set(name, file.subarray(offset, end))
    next = offset
  }
  const graph = regions.get('memmapped_package://.')
  if (!graph) throw broken('there is no region with the graph')
  return { graph, regions }
}

function broken(why: string): ModelLoadError {
  return new ModelLoadError('format', `Not a memory-mapped package: ${why}.`)
}
