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
