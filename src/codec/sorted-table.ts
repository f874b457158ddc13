import { GraphdefError } from '../errors.js'
import { maskedCrc32c } from './crc32c.js'
import { WireReader } from './wire-reader.js'

/** Two block handles of at most 20 bytes each, and the magic number. */
const footerBytes = 48
const magic = 0xdb4775248b80fb57n
/** Behind each block: how it is compressed, and a checksum. */
const trailerBytes = 5

/**
 * The entries of a table in LevelDB's format (doc/table_format.md), as a checkpoint's index is one: keys as texts of one
 * character a byte, values as views.
 * @throws GraphdefError `bad-checkpoint`
 */
export function readSortedTable(bytes: Uint8Array): Map<string, Uint8Array> {
  if (bytes.length < footerBytes || fixed(bytes, bytes.length - 8).getBigUint64(0, true) !== magic) {
    throw damaged('it does not end as an index does')
  }
  const footer = new WireReader(bytes.subarray(bytes.length - footerBytes))
  readHandle(footer)
  const entries = new Map<string, Uint8Array>()
  for (const [, handle] of readBlock(blockAt(bytes, readHandle(footer)))) {
    const block = blockAt(bytes, readHandle(new WireReader(handle)))
    for (const [key, value] of readBlock(block)) entries.set(key, value)
  }
  return entries
}

interface Handle {
  offset: number
  size: number
}

function readHandle(reader: WireReader): Handle {
  const offset = varint(reader)
  return { offset, size: varint(reader) }
}

function blockAt(bytes: Uint8Array, { offset, size }: Handle): Uint8Array {
  const end = offset + size
  if (end + trailerBytes > bytes.length) throw damaged('a block lies beyond its end')
  if (fixed(bytes, end + 1).getUint32(0, true) !== maskedCrc32c(bytes.subarray(offset, end + 1))) {
    throw damaged(`the checksum of the block at byte ${offset} is wrong`)
  }
  const compression = bytes[end]
  if (compression !== 0) {
    const name = compression === 1 ? 'with Snappy' : `by method ${compression}`
    throw damaged(`it is compressed ${name}, and TensorFlow does not compress the index of a checkpoint`)
  }
  return bytes.subarray(offset, end)
}

/** A block's entries. A key is written as how much of the key before it is the same, and the rest. */
function* readBlock(block: Uint8Array): Iterable<[key: string, value: Uint8Array]> {
  const restarts = block.length < 4 ? -1 : fixed(block, block.length - 4).getUint32(0, true)
  const end = block.length - 4 - 4 * restarts
  if (restarts < 0 || end < 0) throw damaged('a block is too short')
  const reader = new WireReader(block.subarray(0, end))
  let key = ''
  while (!reader.atEnd) {
    const shared = varint(reader)
    const rest = varint(reader)
    const length = varint(reader)
    const start = reader.position
    const split = start + rest
    if (shared > key.length || split + length > end) throw damaged('an entry runs beyond its block')
    key = key.slice(0, shared) + latin1(block.subarray(start, split))
    reader.position = split + length
    yield [key, block.subarray(split, split + length)]
  }
}

function varint(reader: WireReader): number {
  try {
    return reader.varint()
  } catch (cause) {
    throw damaged('a number is cut off', cause)
  }
}

function fixed(bytes: Uint8Array, offset: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset)
}

/** One character a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function damaged(why: string, cause?: unknown): GraphdefError {
  return new GraphdefError('bad-checkpoint', {
    what: `the checkpoint's index cannot be read: ${why}`,
    remedy: 'Copy the checkpoint again, all its files at once.',
    cause,
  })
}
