import { GraphdefError } from '../errors.js'
import type { StringTable } from './string-table.js'

/** Wire types of protobuf's encoding. */
export const varintType = 0
export const fixed64Type = 1
export const bytesType = 2
export const fixed32Type = 5

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

const encoder = new TextEncoder()
const chunkSize = 1 << 16

/** Slices of bytes that together are a message, and their total length. */
export class Slices {
  length = 0
  readonly #list: Uint8Array[] = []
  /** The last slice, which may still grow: an array a node that joins it would keep the garbage collector busy. */
  #memory: ArrayBufferLike | undefined
  #start = 0
  #end = 0

  get list(): readonly Uint8Array[] {
    this.#close()
    return this.#list
  }

  /** Appends a slice by reference; it joins the one before where they lie side by side in the same memory. */
  push({ buffer, byteOffset, length }: Uint8Array): void {
    this.pushRange(buffer, byteOffset, length)
  }

  /** The same without a view of the bytes. */
  pushRange(buffer: ArrayBufferLike, byteOffset: number, length: number): void {
    if (length === 0) return
    this.length += length
    if (buffer === this.#memory && byteOffset === this.#end) {
      this.#end += length
      return
    }
    this.#close()
    this.#memory = buffer
    this.#start = byteOffset
    this.#end = byteOffset + length
  }

  append(other: Slices): void {
    for (const slice of other.list) this.push(slice)
  }

  #close(): void {
    if (!this.#memory) return
    this.#list.push(new Uint8Array(this.#memory as ArrayBuffer, this.#start, this.#end - this.#start))
    this.#memory = undefined
  }
}

/** How many bytes a text takes: as many as characters where it is ASCII, which is nearly all there is. */
function utf8Length(text: string): number {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return Buffer.byteLength(text)
  return text.length
}

/** How many bytes a field takes with its length before it. */
function sizeWithLength(length: number): number {
  let size = length + 1
  for (let left = length; left >= 0x80; left = Math.floor(left / 128)) size++
  return size
}

/** How many bytes a string field takes, for fields numbered below 16. */
export function stringFieldSize(text: string): number {
  return 1 + sizeWithLength(utf8Length(text))
}

/** How many bytes an entry takes in {@link WireWriter.entryField}, for fields numbered below 16. */
export function entryFieldSize(key: string, value: Uint8Array | Slices): number {
  return 1 + sizeWithLength(entrySize(key, value))
}

function entrySize(key: string, value: Uint8Array | Slices): number {
  return 2 + sizeWithLength(utf8Length(key)) + sizeWithLength(value.length)
}

/** Parts below this are copied, others referred to. */
const smallest = 64

let chunk = new Uint8Array(chunkSize)
let chunkUsed = 0
/** The writer whose bytes are at the end of the chunk: another one that wants to write closes it first. */
let active: WireWriter | undefined

/**
 * Writes the small parts of messages. They go side by side into shared chunks of memory, so that parts written one
 * after the other join into one slice; tensors and other parts that exist already are referred to.
 */
export class WireWriter {
  readonly slices: Slices = new Slices()
  #start = chunkUsed

  #room(length: number): void {
    if (active !== this) {
      if (active) active.#flush()
      active = this
      this.#start = chunkUsed
    }
    if (chunkUsed + length <= chunk.length) return
    this.#flush()
    chunk = new Uint8Array(Math.max(chunkSize, length))
    chunkUsed = 0
    this.#start = 0
  }

  #flush(): void {
    if (active !== this) return
    if (chunkUsed > this.#start) this.slices.push(chunk.subarray(this.#start, chunkUsed))
    this.#start = chunkUsed
  }

  varint(value: number): void {
    this.#room(10)
    while (value >= 0x80) {
      chunk[chunkUsed++] = (value % 128) | 0x80
      value = Math.floor(value / 128)
    }
    chunk[chunkUsed++] = value
  }

  /** A 64-bit integer; negative numbers take ten bytes. */
  int64(value: bigint): void {
    if (value >= 0n && value < 0x1fffffffffffffn) {
      this.varint(Number(value))
      return
    }
    this.#room(10)
    let left = BigInt.asUintN(64, value)
    while (left >= 0x80n) {
      chunk[chunkUsed++] = Number(left & 0x7fn) | 0x80
      left >>= 7n
    }
    chunk[chunkUsed++] = Number(left)
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  fixed(bytes: Uint8Array): void {
    this.#room(bytes.length)
    chunk.set(bytes, chunkUsed)
    chunkUsed += bytes.length
  }

  /** A field of bytes; large ones are referred to, not copied. */
  bytesField(field: number, bytes: Uint8Array): void {
    this.tag(field, bytesType)
    this.varint(bytes.length)
    if (bytes.length < smallest) this.fixed(bytes)
    else this.reference(bytes)
  }

  stringField(field: number, text: string): void {
    const length = utf8Length(text)
    this.tag(field, bytesType)
    this.varint(length)
    this.#room(length)
    if (length === text.length) {
      for (let index = 0; index < length; index++) chunk[chunkUsed++] = text.charCodeAt(index)
    } else chunkUsed += encoder.encodeInto(text, chunk.subarray(chunkUsed, chunkUsed + length)).written
  }

  /** An entry of a map whose values are messages, as they are encoded: a field that holds 1 = the key and 2 = the value. */
  entryField(field: number, key: string, value: Uint8Array | Slices): void {
    this.tag(field, bytesType)
    this.varint(entrySize(key, value))
    this.stringField(1, key)
    if (value instanceof Slices) this.messageField(2, value)
    else this.bytesField(2, value)
  }

  /** Where the next small part will be written. */
  get place(): { bytes: Uint8Array; at: number } {
    return { bytes: chunk, at: chunkUsed }
  }

  /** A field that holds a message whose parts are known. */
  messageField(field: number, message: Slices): void {
    this.tag(field, bytesType)
    this.varint(message.length)
    if (message.length < smallest) {
      // Beside what is written before and after it, instead of three slices.
      for (const slice of message.list) this.fixed(slice)
      return
    }
    this.#flush()
    this.slices.append(message)
  }

  /** Bytes that are already encoded, by reference. */
  reference(bytes: Uint8Array): void {
    this.#flush()
    this.slices.push(bytes)
  }

  /** The same for a part of them, without a view of it. */
  referencePart(bytes: Uint8Array, start: number, end: number): void {
    this.#flush()
    this.slices.pushRange(bytes.buffer, bytes.byteOffset + start, end - start)
  }

  /** What was written. The writer must not be used afterwards. */
  finish(): Slices {
    this.#flush()
    return this.slices
  }
}
