import { Slices } from './slices.js'
import { bytesType, entryField } from './wire-types.js'

const encoder = new TextEncoder()
const chunkSize = 1 << 16

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

  /** An entry of a map whose values are messages, as they are encoded. */
  entryField(field: number, key: string, value: Uint8Array | Slices): void {
    this.tag(field, bytesType)
    this.varint(entrySize(key, value))
    this.stringField(entryField.key, key)
    if (value instanceof Slices) this.messageField(entryField.value, value)
    else this.bytesField(entryField.value, value)
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
