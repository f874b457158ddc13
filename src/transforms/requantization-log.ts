/** The range of one run's values, as a logged RequantizationRange printed it. */
export interface RangeRecord {
  node: string
  /** float32. */
  min: number
  max: number
}

const nameEnd = '__print__'
const rangeStart = '__requant_min_max:'

/**
 * The records in a log of what `insert_logging(op=RequantizationRange, show_name=true, message="__requant_min_max:")` printed.
 * Each stands in a line, anything may stand around it:
 *
 *     ;NODE__print__;__requant_min_max:[-2.4313571][10.584145]
 *
 * Lines of another form are passed over.
 */
export function readRangeRecords(log: Uint8Array): RangeRecord[] {
  return decode(log)
    .split('\n')
    .map(readRecord)
    .filter((record) => record !== undefined)
}

/** PowerShell redirects into UTF-16. */
function decode(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes)
}

function readRecord(line: string): RangeRecord | undefined {
  const parts = line.split(';')
  const place = parts.findLastIndex((part) => part.startsWith(rangeStart))
  const named = parts[place - 1]
  if (!named?.endsWith(nameEnd)) return undefined
  const [start, first, second, ...more] = parts[place]!.split('[')
  if (start !== rangeStart || more.length > 0) return undefined
  const min = readBracketed(first)
  const max = readBracketed(second)
  if (min === undefined || max === undefined) return undefined
  return { node: named.slice(0, -nameEnd.length), min, max }
}

/** The number before the one closing bracket; what stands behind it, such as a line's end, does not matter. */
function readBracketed(text: string | undefined): number | undefined {
  const [number, , ...more] = text?.split(']') ?? []
  if (number === undefined || more.length > 0 || !text!.includes(']')) return undefined
  return readFloat(number.trim().toLowerCase())
}

const special: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: Number.NaN }

function readFloat(word: string): number | undefined {
  const [, sign, magnitude] = /^([-+]?)(.+)$/.exec(word) ?? []
  if (magnitude === undefined) return undefined
  const isDecimal = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(magnitude)
  const value = Object.hasOwn(special, magnitude) ? special[magnitude]! : isDecimal ? Number(magnitude) : undefined
  return value === undefined ? undefined : Math.fround(sign === '-' ? -value : value)
}
