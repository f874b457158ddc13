import type { Slices } from './slices.js'
import { WireReader } from './wire-reader.js'
import { varintType } from './wire-types.js'
import { WireWriter } from './wire-writer.js'

/** How the name of every region begins. */
export const regionPrefix = 'memmapped_package://'

/** One region of a memory-mapped package: where it lies in the file, in bytes. */
export interface Region {
  name: string
  offset: number
  /** Undefined in files of TensorFlow 1.x: there a region ends where the next one begins, padding included. */
  length: number | undefined
}

/** Field numbers of MemmappedFileSystemDirectory (tensorflow/core/util/memmapped_file_system.proto) and of its elements. */
const elementField = 1
const field = { offset: 1, name: 2, length: 3 } as const

const trailerLength = 8

/** The bytes of the directory, which the last eight bytes of a package point to; undefined where there can be none. */
export function directoryBytes(file: Uint8Array): Uint8Array | undefined {
  const end = file.length - trailerLength
  if (end <= 0) return undefined
  const offset = new DataView(file.buffer, file.byteOffset + end, trailerLength).getBigUint64(0, true)
  return offset <= BigInt(end) ? file.subarray(Number(offset), end) : undefined
}

/** The regions of a file that is a memory-mapped package; undefined for every other file. */
export function directoryOf(file: Uint8Array): Region[] | undefined {
  const bytes = directoryBytes(file)
  if (!bytes?.length) return undefined
  try {
    const regions = decodeDirectory(bytes)
    return regions.length > 0 && regions.every(({ name }) => name.startsWith(regionPrefix)) ? regions : undefined
  } catch {
    return undefined
  }
}

function decodeDirectory(bytes: Uint8Array): Region[] {
  const reader = new WireReader(bytes)
  const regions: Region[] = []
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === elementField) regions.push(decodeElement(reader.view()))
    else reader.skip(tag & 7)
  }
  return regions
}

function decodeElement(bytes: Uint8Array): Region {
  const reader = new WireReader(bytes)
  const region: Region = { name: '', offset: 0, length: undefined }
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === field.offset) region.offset = reader.varint()
    else if (tag >>> 3 === field.name) region.name = reader.string()
    else if (tag >>> 3 === field.length) region.length = reader.varint()
    else reader.skip(tag & 7)
  }
  return region
}

/** The directory and the eight bytes that say where it begins. */
export function encodeDirectory(regions: readonly Region[], directoryOffset: number): Slices {
  const writer = new WireWriter()
  for (const { name, offset, length } of regions) {
    const element = new WireWriter()
    writeNumber(element, field.offset, offset)
    element.stringField(field.name, name)
    writeNumber(element, field.length, length ?? 0)
    writer.messageField(elementField, element.finish())
  }
  const trailer = new Uint8Array(trailerLength)
  new DataView(trailer.buffer).setBigUint64(0, BigInt(directoryOffset), true)
  writer.fixed(trailer)
  return writer.finish()
}

/** Zero is not written, as proto3 has it. */
function writeNumber(writer: WireWriter, number: number, value: number): void {
  if (value === 0) return
  writer.tag(number, varintType)
  writer.varint(value)
}
