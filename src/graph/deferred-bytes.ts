/** What stands behind memory of which parts have not been read from a file yet. Offsets are those of the memory and the file. */
export interface DeferredMemory {
  isLoaded(start: number, end: number): boolean
  /** Reads what of these bytes is not there yet into its place. */
  load(start: number, end: number): void
  /** Reads the bytes from the file to somewhere else, and leaves the memory untouched. */
  copyTo(target: Uint8Array, start: number): void
}

const memories = new WeakMap<ArrayBufferLike, DeferredMemory>()

/** From now on, parts of this memory are read when they are first asked for. */
export function defer(memory: ArrayBufferLike, behind: DeferredMemory): void {
  memories.set(memory, behind)
}

/** The same view, its bytes read. Whoever looks at bytes of a file, instead of passing them on, takes them from here. */
export function loaded(view: Uint8Array): Uint8Array {
  memories.get(view.buffer)?.load(view.byteOffset, view.byteOffset + view.byteLength)
  return view
}

/** What stands behind a view whose bytes are not all there; undefined where they are. */
export function unread(view: Uint8Array): DeferredMemory | undefined {
  const memory = memories.get(view.buffer)
  return memory?.isLoaded(view.byteOffset, view.byteOffset + view.byteLength) === false ? memory : undefined
}
