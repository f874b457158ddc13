import type { Shape } from '../graph/shape.js'
import type { Slices } from './slices.js'
import { WireReader } from './wire-reader.js'
import { varintType } from './wire-types.js'
import { WireWriter } from './wire-writer.js'

/** TensorShapeProto: dim = 2 (size = 1, name = 2), unknown_rank = 3. A size of -1 is an unknown dimension. */
export function decodeShape(bytes: Uint8Array): Shape {
  const reader = new WireReader(bytes)
  const dims: (number | null)[] = []
  let unknownRank = false
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === 2) dims.push(decodeDim(reader.view()))
    else if (tag >>> 3 === 3) unknownRank = reader.varint() !== 0
    else reader.skip(tag & 7)
  }
  return unknownRank ? null : dims
}

function decodeDim(bytes: Uint8Array): number | null {
  const reader = new WireReader(bytes)
  let size = 0n
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === 1) size = reader.int64()
    else reader.skip(tag & 7)
  }
  return size < 0n ? null : Number(size)
}

export function encodeShape(shape: Shape): Slices {
  const writer = new WireWriter()
  if (shape === null) {
    writer.tag(3, varintType)
    writer.varint(1)
    return writer.finish()
  }
  for (const size of shape) {
    const dim = new WireWriter()
    if (size !== 0) {
      dim.tag(1, varintType)
      dim.int64(BigInt(size ?? -1))
    }
    writer.messageField(2, dim.finish())
  }
  return writer.finish()
}
