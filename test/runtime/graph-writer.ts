/**
 * Writes GraphDefs and memory-mapped packages byte by byte, so that the runtime is tested against the wire format and
 * not against a codec of this project.
 */
export type Bytes = Uint8Array<ArrayBuffer>

export interface NodeText {
  name: string
  op: string
  input?: readonly string[]
  attr?: Record<string, Bytes>
}

export function join(...parts: readonly Uint8Array[]): Bytes {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let position = 0
  for (const part of parts) {
    result.set(part, position)
    position += part.length
  }
  return result
}

/** A varint; negative numbers take 10 bytes. */
export function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

/** A field of a number: `int32`, `int64`, `bool`, an enum. */
export function number(field: number, value: number | bigint): Bytes {
  return join(varint(field * 8), varint(value))
}

/** A field of a string, of bytes, of a message, or of packed numbers. */
export function sized(field: number, content: string | Uint8Array): Bytes {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return join(varint(field * 8 + 2), varint(bytes.length), bytes)
}

export function float(field: number, value: number): Bytes {
  return join(varint(field * 8 + 5), bytesOf(Float32Array.of(value)))
}

export function bytesOf(array: ArrayBufferView): Bytes {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength).slice()
}

/** A TensorShapeProto; null for unknown rank. */
export function shape(sizes: readonly number[] | null): Bytes {
  if (!sizes) return number(3, 1)
  return join(...sizes.map((size) => sized(2, size ? number(1, size) : new Uint8Array())))
}

/** A TensorProto: its type (a DataType's number), its shape, and fields of elements. */
export function tensor(type: number, sizes: readonly number[], ...fields: readonly Uint8Array[]): Bytes {
  return join(number(1, type), sized(2, shape(sizes)), ...fields)
}

/** `tensor_content`. */
export function content(array: ArrayBufferView): Bytes {
  return sized(4, bytesOf(array))
}

export const attr: Record<'text' | 'tensor' | 'shape' | 'list', (value: Uint8Array | string) => Bytes> &
  Record<'int' | 'float' | 'bool' | 'type', (value: number) => Bytes> = {
  text: (value) => sized(2, value),
  int: (value) => number(3, value),
  float: (value) => float(4, value),
  bool: (value) => number(5, value),
  type: (value) => number(6, value),
  shape: (value) => sized(7, value),
  tensor: (value) => sized(8, value),
  list: (value) => sized(1, value),
}

export function node({ name, op, input = [], attr: attrs = {} }: NodeText): Bytes {
  return join(
    sized(1, name),
    sized(2, op),
    ...input.map((source) => sized(3, source)),
    ...Object.entries(attrs).map(([key, value]) => sized(5, join(sized(1, key), sized(2, value)))),
  )
}

/** A GraphDef without `versions`, as files of TensorFlow 1.x often are. */
export function graph(...nodes: readonly NodeText[]): Bytes {
  return join(...nodes.map((item) => sized(1, node(item))))
}

export function constant(name: string, value: Uint8Array): NodeText {
  return { name, op: 'Const', attr: { value: attr.tensor(value) } }
}

export function floats(name: string, values: readonly number[], sizes: readonly number[] = [values.length]): NodeText {
  return constant(name, tensor(1, sizes, content(Float32Array.from(values))))
}

export function placeholder(name: string, type = 1): NodeText {
  return { name, op: 'Placeholder', attr: { dtype: attr.type(type) } }
}

/** An `ImmutableConst` that reads a region. */
export function immutable(name: string, type: number, sizes: readonly number[], region: string): NodeText {
  const attrs = {
    dtype: attr.type(type),
    shape: attr.shape(shape(sizes)),
    memory_region_name: attr.text(`memmapped_package://${region}`),
  }
  return { name, op: 'ImmutableConst', attr: attrs }
}

/**
 * A memory-mapped package: regions at multiples of 64, the graph behind them, the directory and its offset.
 * Files of TensorFlow 1.x state no lengths.
 */
export function memmapped(regions: Record<string, Uint8Array>, graphDef: Uint8Array, lengths = true): Bytes {
  const parts: Uint8Array[] = []
  const elements: Uint8Array[] = []
  let position = 0
  const add = (name: string, bytes: Uint8Array): void => {
    const offset = position ? [number(1, position)] : []
    const length = lengths ? [number(3, bytes.length)] : []
    elements.push(sized(1, join(...offset, sized(2, `memmapped_package://${name}`), ...length)))
    parts.push(bytes)
    position += bytes.length
  }
  for (const [name, bytes] of Object.entries(regions)) {
    const padding = new Uint8Array((64 - (position % 64)) % 64)
    parts.push(padding)
    position += padding.length
    add(name, bytes)
  }
  add('.', graphDef)
  return join(...parts, ...elements, bytesOf(BigUint64Array.of(BigInt(position))))
}
