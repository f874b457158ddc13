import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { canDequantize, type DequantizeMode, dequantize } from '../../src/runtime/dequantize.js'

interface Golden {
  ranges: string
  cases: { type: number; dtype: string; mode: DequantizeMode; values: string; digests: string }[]
}

const golden = JSON.parse(readFileSync(new URL('fixtures/dequantize.json', import.meta.url), 'utf8')) as Golden
const arrays: Record<string, new (buffer: ArrayBuffer) => ArrayLike<number>> = {
  quint8: Uint8Array,
  qint8: Int8Array,
  quint16: Uint16Array,
  qint16: Int16Array,
}

function decode(base64: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(base64, 'base64')).buffer
}

describe('dequantize', () => {
  const ranges = new Float32Array(decode(golden.ranges))

  it.each(golden.cases)('gives the bits of TensorFlow for $dtype, $mode', ({ type, dtype, mode, values, digests }) => {
    const quantized = new arrays[dtype]!(decode(values))
    const wrong: string[] = []
    for (let index = 0; index < ranges.length / 2; index++) {
      const [minimum, maximum] = [ranges[2 * index]!, ranges[2 * index + 1]!]
      const found = createHash('sha256')
        .update(new Uint8Array(dequantize(quantized, type, mode, minimum, maximum).buffer))
        .digest('hex')
        .slice(0, 8)
      if (found !== digests.slice(8 * index, 8 * index + 8)) wrong.push(`${minimum} to ${maximum}`)
    }
    expect(ranges.length / 2).toBe(200)
    expect(wrong).toEqual([])
  })

  it('knows the types of 8 and 16 bits in the modes that transforms write', () => {
    expect([11, 12, 15, 16].every((type) => canDequantize(type, 'MIN_FIRST'))).toBe(true)
    expect(canDequantize(13, 'MIN_FIRST')).toBe(false)
    expect(canDequantize(12, 'SCALED')).toBe(false)
  })
})
