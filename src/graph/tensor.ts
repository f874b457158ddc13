import { GraphdefError } from '../errors.js'
import { type DataType, elementSize, newElements, storageOf, type TypedArray } from './data-type.js'
import { loaded } from './deferred-bytes.js'
import { elementCount, type StaticShape } from './shape.js'

/** How a tensor's elements are stored, which is also how they are written again. */
export type TensorStorage =
  /** Raw little-endian bytes (`tensor_content`): exactly one entry an element. Perhaps not read yet, see `loaded`. */
  | { kind: 'content'; bytes: Uint8Array }
  /** A typed field (`float_val`, ...): may be shorter than the tensor, then its last value repeats; empty means zeros. */
  | { kind: 'list'; values: TypedArray }
  /** Strings, with the same rule for a short list. */
  | { kind: 'strings'; values: readonly Uint8Array[] }
  /** Resources and variants: known only as encoded bytes. */
  | { kind: 'opaque' }
  /** Cannot be decoded; reading it throws. */
  | { kind: 'invalid'; reason: string }

/**
 * An immutable tensor. Its elements are a view over the file's bytes wherever they can be; `encoded` is the
 * TensorProto as it stood in the file, so that an unchanged tensor is written by reference.
 */
export class Tensor {
  readonly dtype: DataType
  readonly shape: StaticShape
  readonly storage: TensorStorage
  readonly encoded: Uint8Array | undefined
  /** Whether the elements lie in memory that was made for this tensor and that nobody else refers to. */
  #owning = false
  #holders = 0

  constructor(dtype: DataType, shape: StaticShape, storage: TensorStorage, encoded?: Uint8Array) {
    this.dtype = dtype
    this.shape = shape
    this.storage = storage
    this.encoded = encoded
  }

  /** A tensor over values that the caller gives away; one entry an element (two for complex types). */
  static of(dtype: DataType, shape: StaticShape, values: TypedArray): Tensor {
    return new Tensor(dtype, shape, {
      kind: 'content',
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    })
  }

  /** The same over memory that nobody else refers to now or later, so that the next step may overwrite it. */
  static owning(dtype: DataType, shape: StaticShape, values: TypedArray): Tensor {
    const tensor = Tensor.of(dtype, shape, values)
    tensor.#owning = true
    return tensor
  }

  /** A tensor written to the typed field of its dtype, as folding does for results of at most one element. */
  static ofList(dtype: DataType, shape: StaticShape, values: TypedArray): Tensor {
    return new Tensor(dtype, shape, { kind: 'list', values })
  }

  static ofStrings(shape: StaticShape, values: readonly Uint8Array[]): Tensor {
    return new Tensor('string', shape, { kind: 'strings', values })
  }

  get size(): number {
    return elementCount(this.shape)
  }

  /** Bytes of the decoded elements: for strings the sum of their lengths. */
  get byteLength(): number {
    if (this.storage.kind === 'strings') return this.strings().reduce((sum, value) => sum + value.byteLength, 0)
    return this.size * elementSize(this.dtype)
  }

  /** Whether fewer values are stored than the tensor has elements, so that the last one repeats. */
  get isSplat(): boolean {
    const { storage } = this
    if (storage.kind === 'list') return storage.values.length < this.size * (storageOf(this.dtype)?.lanes ?? 1)
    return storage.kind === 'strings' && storage.values.length < this.size
  }

  /**
   * The elements: a view of the file where it is aligned, otherwise a copy. Never write to it.
   * Half types come as bit patterns, complex ones as (re, im) pairs, bool as 0 and 1.
   * @throws GraphdefError `bad-tensor` for strings, resources and what cannot be decoded
   */
  values(): TypedArray {
    const { storage } = this
    const held = this.#storageOfElements()
    const length = this.size * held.lanes
    if (storage.kind === 'content') {
      const bytes = loaded(storage.bytes)
      if (bytes.byteOffset % held.array.BYTES_PER_ELEMENT === 0) {
        return new held.array(bytes.buffer as ArrayBuffer, bytes.byteOffset, length)
      }
      return new held.array(copyOf(bytes), 0, length)
    }
    if (storage.kind === 'list' && storage.values.length === length) return storage.values
    return this.copyValues()
  }

  /** The elements in fresh memory that the caller owns. */
  copyValues(): TypedArray {
    const { storage } = this
    const held = this.#storageOfElements()
    const length = this.size * held.lanes
    if (storage.kind === 'content') return new held.array(copyOf(loaded(storage.bytes)), 0, length)
    const copy = new held.array(length)
    if (storage.kind !== 'list') return copy
    fillRepeatingLast(copy, storage.values, held.lanes)
    return copy
  }

  /** @internal Counts the attributes that hold this tensor. */
  hold(): void {
    this.#holders++
  }

  /**
   * The elements for writing over: their own memory where only the caller's attribute holds this tensor, which must not be
   * read any more then, otherwise fresh memory with nothing of use in it. One constant after another, a chain of two steps that
   * rewrite all weights thus needs the memory of one.
   */
  takeElements(): TypedArray {
    if (this.#owning && this.#holders <= 1) return this.values()
    return newElements(this.dtype, this.size)
  }

  /** The elements as little-endian bytes, a view where they are stored so. */
  bytes(): Uint8Array {
    if (this.storage.kind === 'content') {
      this.#storageOfElements()
      return loaded(this.storage.bytes)
    }
    const values = this.values()
    return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)
  }

  /** The elements of a string tensor, one entry an element. */
  strings(): readonly Uint8Array[] {
    const { storage } = this
    if (storage.kind !== 'strings') throw this.#problem(`a ${this.dtype} tensor holds no strings`)
    const { values } = storage
    if (values.length === this.size) return values
    const last = values.at(-1) ?? new Uint8Array(0)
    return Array.from({ length: this.size }, (_, index) => values[index] ?? last)
  }

  /** Elements as numbers: every integer and float type but the 64-bit integers beyond 2^53 is exact. */
  numbers(): number[] {
    return Array.from(this.values() as ArrayLike<number | bigint>, Number)
  }

  /** Whether the elements can be decoded. */
  get problem(): string | undefined {
    const { storage } = this
    if (storage.kind === 'invalid') return storage.reason
    if (storage.kind === 'content' && storage.bytes.byteLength !== this.size * elementSize(this.dtype)) {
      return `tensor_content has ${storage.bytes.byteLength} bytes where ${this.dtype}[${this.shape.join(',')}] has ${this.size * elementSize(this.dtype)}`
    }
    return undefined
  }

  #storageOfElements(): NonNullable<ReturnType<typeof storageOf>> {
    const { problem } = this
    if (problem) throw this.#problem(problem)
    const held = storageOf(this.dtype)
    if (!held || this.storage.kind === 'opaque') throw this.#problem(`a ${this.dtype} tensor holds no numbers`)
    return held
  }

  #problem(what: string): GraphdefError {
    return new GraphdefError('bad-tensor', { what: `a tensor cannot be decoded: ${what}` })
  }
}

/** Fresh memory with these bytes. Not by `slice`, which on a Buffer gives a view. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** TensorFlow's rule for a typed field: too many values are cut, too few repeat the last, none mean zeros. */
function fillRepeatingLast(target: TypedArray, values: TypedArray, lanes: number): void {
  const kept = Math.min(values.length, target.length)
  ;(target as Float64Array).set(values.subarray(0, kept) as Float64Array)
  if (kept === 0 || kept === target.length) return
  if (lanes === 1) {
    ;(target as Float64Array).fill((values as Float64Array)[kept - 1]!, kept)
    return
  }
  for (let index = kept; index < target.length; index++) {
    ;(target as Float64Array)[index] = (target as Float64Array)[index - lanes]!
  }
}
