import { GraphdefError } from '../errors.js'
import type { StringTable } from './string-table.js'
import { bytesType, fixed32Type, fixed64Type, varintType } from './wire-types.js'

const utf8 = new TextDecoder()

/** Reads protobuf's wire format from a view, without copying: what it hands out are views of the same memory. */
export class WireReader {
  readonly bytes: Uint8Array
  position: number
  /** Where the message ends that is read: all of it, or the field that was entered last. */
  #end: number
  readonly #strings: StringTable | undefined
  #view: DataView | undefined

  /**
   * @param part where to read, if not all of the bytes
   * @param part.strings where their strings are kept, if many of them are the same
   */
  constructor(bytes: Uint8Array, part?: { start: number; end: number; strings?: StringTable }) {
    this.bytes = bytes
    this.position = part?.start ?? 0
    this.#end = part?.end ?? bytes.length
    this.#strings = part?.strings
  }

  /** Made when a float is first read, which most messages do not have. */
  get #floats(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    return this.#view
  }

  get atEnd(): boolean {
    return this.position >= this.#end
  }

  /** A varint as a number: exact up to 2^53; negative 32-bit values come as their 64-bit pattern and lose digits. */
  varint(): number {
    const { bytes } = this
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      if (this.position >= this.#end) throw this.truncated()
      const byte = bytes[this.position++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw this.malformed('a number is longer than ten bytes')
  }

  /** A varint as a signed 32-bit integer: the low 32 bits. */
  int32(): number {
    const { bytes } = this
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.#end) throw this.truncated()
      const byte = bytes[this.position++]!
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw this.malformed('a number is longer than ten bytes')
  }

  /** A varint as 64 bits, signed. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  uint64(): bigint {
    const { bytes } = this
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.position >= this.#end) throw this.truncated()
      const byte = bytes[this.position++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw this.malformed('a number is longer than ten bytes')
  }

  float(): number {
    this.#need(4)
    this.position += 4
    return this.#floats.getFloat32(this.position - 4, true)
  }

  double(): number {
    this.#need(8)
    this.position += 8
    return this.#floats.getFloat64(this.position - 8, true)
  }

  /** A length-delimited field as a view. */
  view(): Uint8Array {
    const length = this.varint()
    this.#need(length)
    this.position += length
    return this.bytes.subarray(this.position - length, this.position)
  }

  /** Goes into a length-delimited field: the reader then ends where that does. Gives what {@link leave} needs. */
  enter(): number {
    const length = this.varint()
    this.#need(length)
    const outer = this.#end
    this.#end = this.position + length
    return outer
  }

  /** Goes on behind the field that was entered, wherever in it the reader is. */
  leave(outer: number): void {
    this.position = this.#end
    this.#end = outer
  }

  /** A length-delimited field as text; short ASCII, which is nearly all there is, without a decoder. */
  string(): string {
    if (this.#strings) {
      const start = this.position
      const length = this.varint()
      this.#need(length)
      const text = this.#strings.at(this.bytes, this.position, this.position + length)
      if (text !== undefined) {
        this.position += length
        return text
      }
      this.position = start
    }
    const view = this.view()
    if (view.length > 128) return utf8.decode(view)
    let text = ''
    for (let index = 0; index < view.length; index++) {
      const code = view[index]!
      if (code >= 0x80) return utf8.decode(view)
      text += String.fromCharCode(code)
    }
    return text
  }

  /** Passes over the rest of a field whose tag was read. */
  skip(wireType: number): void {
    if (wireType === varintType) this.varint()
    else if (wireType === fixed64Type) this.#advance(8)
    else if (wireType === bytesType) this.#advance(this.varint())
    else if (wireType === fixed32Type) this.#advance(4)
    else throw this.malformed(`there is no wire type ${wireType}`)
  }

  /** A view of what was read since a position. */
  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.position)
  }

  #advance(length: number): void {
    this.#need(length)
    this.position += length
  }

  #need(length: number): void {
    if (this.position + length > this.#end) throw this.truncated()
  }

  truncated(): GraphdefError {
    return new GraphdefError('truncated', {
      what: `the data ends at byte ${this.bytes.byteOffset + this.#end}, in the middle of a field`,
      remedy: 'The file is cut short: download or copy it again, and compare its size with the original.',
    })
  }

  malformed(why: string): GraphdefError {
    return new GraphdefError('not-a-graph', {
      what: `byte ${this.bytes.byteOffset + this.position} is not protobuf data: ${why}`,
      remedy: 'The file is damaged or no GraphDef. Download or export it again.',
    })
  }
}

/** Reads a repeated number field in either of its two encodings, packed or one by one. */
export function readRepeated<T>(reader: WireReader, wireType: number, into: T[], one: (reader: WireReader) => T): void {
  if (wireType !== bytesType) {
    into.push(one(reader))
    return
  }
  const packed = new WireReader(reader.view())
  while (!packed.atEnd) into.push(one(packed))
}
