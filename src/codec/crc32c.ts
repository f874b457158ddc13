/** Castagnoli's polynomial, bits reversed. */
const polynomial = 0x82f63b78

let table: Uint32Array | undefined

function byteTable(): Uint32Array {
  if (table) return table
  table = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    table[byte] = value
  }
  return table
}

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  const values = byteTable()
  let sum = 0xffffffff
  for (let index = 0; index < bytes.length; index++) sum = values[(sum ^ bytes[index]!) & 0xff]! ^ (sum >>> 8)
  return (sum ^ 0xffffffff) >>> 0
}

/** The sum as LevelDB and TensorFlow store it: rotated, so that the sum of data that holds its sum is no special case. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const sum = crc32c(bytes)
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0
}
