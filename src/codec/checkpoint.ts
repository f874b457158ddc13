import { GraphdefError } from '../errors.js'
import { type DataType, dataTypeFromNumber, elementSize, newElements } from '../graph/data-type.js'
import { elementCount, printShape, type StaticShape, sameShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { maskedCrc32c } from './crc32c.js'
import { latin1, readSortedTable } from './sorted-table.js'
import { decodeShape } from './tensor-shape.js'
import {
  boundedBy,
  copySlice,
  decodeTensorSlice,
  type ShapeAndSlice,
  sliceKey,
  type TensorSlice,
  wholeOf,
} from './tensor-slice.js'
import { WireReader } from './wire-reader.js'

/** Field numbers of BundleHeaderProto and BundleEntryProto (tensorflow/core/protobuf/tensor_bundle.proto). */
const headerField = { shards: 1, endianness: 2 } as const
const entryField = { dtype: 1, shape: 2, shard: 3, offset: 4, size: 5, checksum: 6, slices: 7 } as const

/** Where a tensor, or a slice of one, lies. One that was saved in slices lies under the keys of these. */
interface Entry {
  dtype: DataType
  shape: StaticShape
  shard: number
  offset: number
  size: number
  /** Masked CRC-32C of the bytes. */
  checksum: number
  slices: TensorSlice[]
}

/**
 * A checkpoint in the format of TensorFlow 1.0 and later: `PREFIX.index`, a table of what is in it, and
 * `PREFIX.data-00000-of-00001` and so on with the bytes. Data files are read when one of their tensors is asked for.
 */
export class Checkpoint {
  readonly prefix: string
  readonly #readFile: (path: string) => Uint8Array
  readonly #table: ReadonlyMap<string, Uint8Array>
  readonly #shards: number

  /** @throws GraphdefError `bad-checkpoint`, and whatever `readFile` throws */
  constructor(prefix: string, readFile: (path: string) => Uint8Array) {
    this.prefix = prefix
    this.#readFile = readFile
    const index = readFile(`${prefix}.index`)
    this.#table = this.#named(() => readSortedTable(index))
    const header = this.#table.get('')
    if (!header) throw this.#damaged('its index has no header')
    this.#shards = this.#named(() => this.#readHeader(header))
  }

  /** The names of the tensors, those of slices left out. */
  names(): string[] {
    return [...this.#table.keys()].filter((key) => key !== '' && !key.startsWith('\0')).map(utf8)
  }

  /** The shape of a tensor, whole, or undefined where there is no such tensor. */
  shapeOf(name: string): StaticShape | undefined {
    return this.#entry(bytesOf(name))?.shape
  }

  /**
   * A tensor or a slice of one, as a view of the data file where it lies in one piece; undefined where there is no such tensor.
   * @throws GraphdefError `bad-checkpoint` where files do not fit together, a checksum is wrong, the tensor's shape is not that
   * of the slice, or its type is one without a fixed size
   */
  tensor(name: string, part?: ShapeAndSlice): Tensor | undefined {
    const key = bytesOf(name)
    const entry = this.#entry(key)
    if (!entry) return undefined
    if (part && !sameShape(part.shape, entry.shape)) {
      throw this.#damaged(`"${name}" is ${printShape(entry.shape)}, and the graph restores ${printShape(part.shape)}`)
    }
    const slice = part?.slice ?? wholeOf(entry.shape)
    const shape = slice.map(({ length }) => length)
    if (entry.slices.length === 0 && sameShape(shape, entry.shape)) return this.#tensorAt(name, entry)
    const target = { values: newElements(this.#fixedSize(name, entry), elementCount(shape)), slice }
    let copied = 0
    for (const piece of entry.slices.length > 0 ? entry.slices : [undefined]) {
      const stored = piece ? this.#entry(sliceKey(key, piece)) : entry
      if (!stored) throw this.#damaged(`a slice of "${name}" is not there`)
      const bounds = piece ? boundedBy(piece, entry.shape) : wholeOf(entry.shape)
      // Slices do not overlap, so that their elements can be counted.
      copied += copySlice({ values: this.#tensorAt(name, stored).values(), slice: bounds }, target)
    }
    if (copied !== elementCount(shape)) throw this.#damaged(`slices of "${name}" are missing`)
    return Tensor.of(entry.dtype, shape, target.values)
  }

  #entry(key: string): Entry | undefined {
    const bytes = this.#table.get(key)
    return bytes && this.#named(() => readEntry(bytes))
  }

  #fixedSize(name: string, { dtype }: Entry): DataType {
    if (elementSize(dtype) === 0) throw this.#damaged(`"${name}" is ${dtype}, which is not read here`)
    return dtype
  }

  #tensorAt(name: string, entry: Entry): Tensor {
    const { shape, shard, offset, size, checksum } = entry
    const dtype = this.#fixedSize(name, entry)
    const number = (value: number): string => String(value).padStart(5, '0')
    const file = this.#readFile(`${this.prefix}.data-${number(shard)}-of-${number(this.#shards)}`)
    if (size !== elementCount(shape) * elementSize(dtype)) {
      throw this.#damaged(`"${name}", ${dtype}${printShape(shape)}, has ${size} bytes`)
    }
    if (offset + size > file.length) throw this.#damaged(`its data file ends before "${name}" does`)
    const bytes = file.subarray(offset, offset + size)
    if (maskedCrc32c(bytes) !== checksum) throw this.#damaged(`the checksum of "${name}" is wrong`)
    return new Tensor(dtype, shape, { kind: 'content', bytes })
  }

  #readHeader(bytes: Uint8Array): number {
    const reader = new WireReader(bytes)
    let shards = 0
    while (!reader.atEnd) {
      const tag = reader.varint()
      if (tag >>> 3 === headerField.shards) shards = reader.varint()
      else if (tag >>> 3 === headerField.endianness) {
        if (reader.varint() !== 0) throw this.#damaged('it was written on a big-endian machine')
      } else reader.skip(tag & 7)
    }
    return shards
  }

  /** Whatever is wrong with the bytes is wrong with this checkpoint. */
  #named<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof GraphdefError)) throw error
      if (error.code === 'bad-checkpoint') throw error.at({ file: this.prefix })
      throw this.#damaged('a message in its index is not one')
    }
  }

  #damaged(why: string): GraphdefError {
    return new GraphdefError('bad-checkpoint', {
      what: `the checkpoint cannot be used: ${why}`,
      file: this.prefix,
      remedy: 'Copy the checkpoint again, all its files at once, and look whether it is the one of this graph.',
    })
  }
}

function readEntry(bytes: Uint8Array): Entry {
  const reader = new WireReader(bytes)
  const entry: Entry = { dtype: 'invalid', shape: [], shard: 0, offset: 0, size: 0, checksum: 0, slices: [] }
  while (!reader.atEnd) {
    const tag = reader.varint()
    const number = tag >>> 3
    if (number === entryField.dtype) entry.dtype = dataTypeFromNumber(reader.varint())
    else if (number === entryField.shape) entry.shape = decodeShape(reader.view()) as StaticShape
    else if (number === entryField.shard) entry.shard = reader.varint()
    else if (number === entryField.offset) entry.offset = reader.varint()
    else if (number === entryField.size) entry.size = reader.varint()
    else if (number === entryField.checksum) entry.checksum = readFixed32(reader)
    else if (number === entryField.slices) entry.slices.push(decodeTensorSlice(reader.view()))
    else reader.skip(tag & 7)
  }
  return entry
}

function readFixed32(reader: WireReader): number {
  const start = reader.position
  reader.skip(5)
  const { buffer, byteOffset } = reader.since(start)
  return new DataView(buffer, byteOffset).getUint32(0, true)
}

/** A name as the table has it: one character a byte of UTF-8. */
function bytesOf(name: string): string {
  return latin1(new TextEncoder().encode(name))
}

function utf8(key: string): string {
  return Buffer.from(key, 'latin1').toString('utf8')
}
