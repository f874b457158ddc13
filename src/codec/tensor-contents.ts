import { bytesType, fixed32Type, fixed64Type, varintType } from './wire-types.js'

/** A range of bytes, the end not among them. */
export interface ByteRange {
  start: number
  end: number
}

/** From a GraphDef to the raw bytes of a constant: node, attr, its value, tensor, tensor_content. */
const path = [1, 5, 2, 8, 4] as const
const content = path.length - 1
const dtypeField = 1
/** Types whose content is read when the graph is: strings stand in it behind their lengths. */
const notRaw: ReadonlySet<number> = new Set([0, 7, 20, 21])

class NoGraph extends Error {}

/**
 * Where a GraphDef's large tensors lie, found without looking at them. `need` is told of every byte that is looked at before
 * it is, in ascending order, so that the rest of the file need not be in memory. What is not among the ranges was needed.
 *
 * @param smallest the size in bytes from which a tensor counts as large
 * @returns undefined where the bytes are no whole GraphDef
 */
export function findTensorContents(
  bytes: Uint8Array,
  smallest: number,
  need: (start: number, end: number) => void,
): ByteRange[] | undefined {
  const ranges: ByteRange[] = []
  let position = 0

  const varint = (end: number): number => {
    need(position, Math.min(position + 10, end))
    let value = 0
    for (let scale = 1; position < end && scale <= 2 ** 63; scale *= 128) {
      const byte = bytes[position++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new NoGraph()
  }

  const message = (depth: number, end: number): void => {
    let dtype = 0
    while (position < end) {
      const tag = varint(end)
      const number = Math.floor(tag / 8)
      const wireType = tag % 8
      if (wireType === varintType) {
        const value = varint(end)
        if (number === dtypeField) dtype = value
        continue
      }
      const length =
        wireType === bytesType ? varint(end) : ({ [fixed32Type]: 4, [fixed64Type]: 8 }[wireType] ?? Number.NaN)
      const next = position + length
      if (!(next <= end) || number === 0) throw new NoGraph()
      const isLarge = wireType === bytesType && length >= smallest && number === path[depth]
      if (isLarge && depth < content) message(depth + 1, next)
      else if (isLarge && !notRaw.has(dtype)) ranges.push({ start: position, end: next })
      else need(position, next)
      position = next
    }
  }

  try {
    message(0, bytes.length)
    return ranges
  } catch (error) {
    if (error instanceof NoGraph) return undefined
    throw error
  }
}
