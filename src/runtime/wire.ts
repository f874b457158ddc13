import { ModelLoadError } from './errors.js'

/** How one value lies in a protobuf message: its wire type and how to read it. */
export interface Scalar {
  readonly wire: 0 | 1 | 2 | 5
  read(reader: Reader): unknown
}

/** The fields of a message by number: name, type, and whether it is repeated or a map with string keys. */
export interface Schema {
  [number: number]: readonly [name: string, type: Scalar | Schema, repeated?: 'list' | 'map']
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** An integer of any width, as a number: exact up to 2^53, sign included. */
export const int: Scalar = { wire: 0, read: (reader) => reader.varint() }
export const bool: Scalar = { wire: 0, read: (reader) => reader.varint() !== 0 }
export const double: Scalar = { wire: 1, read: (reader) => reader.view.getFloat64(reader.skip(8), true) }
export const float: Scalar = { wire: 5, read: (reader) => reader.view.getFloat32(reader.skip(4), true) }
/** A view of the file, not a copy. */
export const bytes: Scalar = { wire: 2, read: (reader) => reader.delimited() }
/** The same as a list of numbers. */
export const byteList: Scalar = { wire: 2, read: (reader) => [...reader.delimited()] }
export const text: Scalar = { wire: 2, read: (reader) => utf8.decode(reader.delimited()) }

/**
 * Reads a message into a plain object that has the fields which are on the wire and no others: in an attribute's
 * value, a default beside the member that is set would be read in its stead. Fields that the schema lacks are skipped.
 *
 * Throws a ModelLoadError `format` that says at which byte the file stops being a message.
 */
export function readMessage<T>(file: Uint8Array, schema: Schema, start = 0, end: number = file.length): T {
  return new Reader(file, start, end).message(schema, end) as T
}

/** Reads one varint of a byte string that isn't a message (a string tensor's lengths): the value and where it ends. */
export function readVarint(file: Uint8Array, start: number): [value: number, end: number] {
  const reader = new Reader(file, start, file.length)
  return [reader.varint(), reader.position]
}

/** Reads a file from a position on, never over the end of the message that it is in. */
export class Reader {
  readonly view: DataView
  readonly file: Uint8Array
  position: number
  end: number

  constructor(file: Uint8Array, start: number, end: number) {
    this.file = file
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    this.position = start
    this.end = end
  }

  fail(why: string): never {
    throw new ModelLoadError('format', `Not a GraphDef: ${why} at byte ${this.position}.`)
  }

  /** Moves over `size` bytes; gives where they start. */
  skip(size: number): number {
    const start = this.position
    if (size < 0 || size > this.end - start) this.fail('a field runs over its end')
    this.position += size
    return start
  }

  varint(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.file[this.skip(1)]!
      const bits = byte & 127
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 128) return high * 2 ** 32 + (low >>> 0)
    }
    return this.fail('a number of more than 10 bytes')
  }

  delimited(): Uint8Array {
    const end = this.sized()
    return this.file.subarray(this.position, (this.position = end))
  }

  message(schema: Schema, end: number): Record<string, unknown> {
    const message: Record<string, unknown> = {}
    this.until(end, () => {
      const tag = this.varint()
      const wire = tag % 8
      const field = schema[Math.floor(tag / 8)]
      if (tag < 8) this.fail('a field without a number')
      if (field) this.field(message, field, wire)
      else if (wire === 0) this.varint()
      else if (wire === 1) this.skip(8)
      else if (wire === 2) this.delimited()
      else if (wire === 5) this.skip(4)
      else this.fail(`wire type ${wire}`)
    })
    return message
  }

  private field(message: Record<string, unknown>, [name, type, repeated]: Schema[number], wire: number): void {
    const scalar = 'wire' in type ? (type as Scalar) : undefined
    const packed = repeated === 'list' && wire === 2 && scalar !== undefined && scalar.wire !== 2
    if (!packed && wire !== (scalar ? scalar.wire : 2)) this.fail(`wire type ${wire} in the field ${name}`)
    if (packed) {
      const list = (message[name] ??= []) as unknown[]
      this.until(this.sized(), () => list.push(scalar.read(this)))
    } else if (repeated === 'map') {
      const entry = this.message({ 1: ['key', text], 2: ['value', type] }, this.sized())
      const map = (message[name] ??= {}) as Record<string, unknown>
      map[(entry.key as string) ?? ''] = entry.value ?? (scalar ? '' : {})
    } else {
      const value = scalar ? scalar.read(this) : this.message(type as Schema, this.sized())
      if (repeated) ((message[name] ??= []) as unknown[]).push(value)
      else message[name] = value
    }
  }

  /** Where a field ends that states its size. */
  sized(): number {
    const size = this.varint()
    const start = this.skip(size)
    this.position = start
    return start + size
  }

  /** Reads again and again until `end`, and never over it. */
  private until(end: number, read: () => void): void {
    const outer = this.end
    this.end = end
    while (this.position < end) read()
    this.end = outer
  }
}
