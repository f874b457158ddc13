import type { DataType } from './data-type.js'
import type { Shape } from './shape.js'
import type { Tensor } from './tensor.js'

/** A function's name and the attributes it is called with. */
export interface FunctionReference {
  name: string
  attrs: ReadonlyMap<string, AttrValue>
}

/** The parts of a list attribute; in practice one of them is filled, and none for an empty list. */
export interface AttrList {
  s?: readonly Uint8Array[]
  i?: readonly bigint[]
  f?: readonly number[]
  b?: readonly boolean[]
  type?: readonly DataType[]
  shape?: readonly Shape[]
  tensor?: readonly Tensor[]
  func?: readonly FunctionReference[]
}

/** One value of a node's attribute. Immutable. `none` is an AttrValue in which no member is set. */
export type AttrValue =
  | { kind: 's'; value: Uint8Array }
  | { kind: 'i'; value: bigint }
  | { kind: 'f'; value: number }
  | { kind: 'b'; value: boolean }
  | { kind: 'type'; value: DataType }
  | { kind: 'shape'; value: Shape }
  | { kind: 'tensor'; value: Tensor }
  | { kind: 'list'; value: AttrList }
  | { kind: 'func'; value: FunctionReference }
  | { kind: 'placeholder'; value: string }
  | { kind: 'none'; value: null }

export type AttrKind = AttrValue['kind']
type ValueOf<K extends AttrKind> = AttrValue extends infer V
  ? V extends { kind: K; value: infer T }
    ? T
    : never
  : never

/** An attribute that is decoded when it is first read; `encoded` is written again as it is. */
export interface EncodedAttr {
  encoded: Uint8Array
  decode(encoded: Uint8Array): AttrValue
}

type Entry = { value: AttrValue | undefined; source: EncodedAttr | undefined }

/** What is told when an attribute changes: the node, which then no longer stands as it stood in the file. */
interface Owner {
  touch(): void
}

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** A node's attributes. */
export class Attrs {
  readonly #entries = new Map<string, Entry>()
  #owner: Owner | undefined

  /** @internal */
  constructor(owner?: Owner) {
    this.#owner = owner
  }

  /** @internal Adds an attribute as it stands in a file, without telling the owner. */
  load(name: string, source: EncodedAttr): void {
    this.#entries.set(name, { value: undefined, source })
  }

  get size(): number {
    return this.#entries.size
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  names(): string[] {
    return [...this.#entries.keys()]
  }

  get(name: string): AttrValue | undefined {
    const entry = this.#entries.get(name)
    if (!entry) return undefined
    entry.value ??= entry.source!.decode(entry.source!.encoded)
    return entry.value
  }

  /**
   * The bytes of the AttrValue message, where the attribute is as it was read; to be passed on, as a large tensor in them may
   * not be there yet.
   */
  encoded(name: string): Uint8Array | undefined {
    return this.#entries.get(name)?.source?.encoded
  }

  set(name: string, value: AttrValue): void {
    if (value.kind === 'tensor') value.value.hold()
    this.#entries.set(name, { value, source: undefined })
    this.#owner?.touch()
  }

  /** Takes over another node's attribute as it is, without decoding it. */
  copy(name: string, from: Attrs): boolean {
    const entry = from.#entries.get(name)
    if (!entry) return false
    if (entry.value?.kind === 'tensor') entry.value.value.hold()
    this.#entries.set(name, entry)
    this.#owner?.touch()
    return true
  }

  /** Takes over all attributes of another node. */
  copyAll(from: Attrs): void {
    for (const name of from.#entries.keys()) this.copy(name, from)
  }

  /** Whether the attribute was there. */
  delete(name: string): boolean {
    const had = this.#entries.delete(name)
    if (had) this.#owner?.touch()
    return had
  }

  #as<K extends AttrKind>(name: string, kind: K): ValueOf<K> | undefined {
    const value = this.get(name)
    return value?.kind === kind ? (value.value as unknown as ValueOf<K>) : undefined
  }

  /** Each getter gives undefined where the attribute is missing or of another kind. */
  type(name: string): DataType | undefined {
    return this.#as(name, 'type')
  }
  int(name: string): number | undefined {
    const value = this.#as(name, 'i')
    return value === undefined ? undefined : Number(value)
  }
  float(name: string): number | undefined {
    return this.#as(name, 'f')
  }
  bool(name: string): boolean | undefined {
    return this.#as(name, 'b')
  }
  string(name: string): string | undefined {
    const value = this.#as(name, 's')
    return value === undefined ? undefined : text.decode(value)
  }
  shape(name: string): Shape | undefined {
    return this.#as(name, 'shape')
  }
  tensor(name: string): Tensor | undefined {
    return this.#as(name, 'tensor')
  }
  list(name: string): AttrList | undefined {
    return this.#as(name, 'list')
  }
  func(name: string): FunctionReference | undefined {
    return this.#as(name, 'func')
  }
  ints(name: string): number[] | undefined {
    const list = this.#as(name, 'list')
    return list && (list.i ?? []).map(Number)
  }
  types(name: string): readonly DataType[] | undefined {
    const list = this.#as(name, 'list')
    return list && (list.type ?? [])
  }
  strings(name: string): string[] | undefined {
    const list = this.#as(name, 'list')
    return list && (list.s ?? []).map((value) => text.decode(value))
  }

  setType(name: string, value: DataType): void {
    this.set(name, { kind: 'type', value })
  }
  setInt(name: string, value: number | bigint): void {
    this.set(name, { kind: 'i', value: BigInt(value) })
  }
  setBool(name: string, value: boolean): void {
    this.set(name, { kind: 'b', value })
  }
  setFloat(name: string, value: number): void {
    this.set(name, { kind: 'f', value: Math.fround(value) })
  }
  setString(name: string, value: string): void {
    this.set(name, { kind: 's', value: utf8.encode(value) })
  }
  setShape(name: string, value: Shape): void {
    this.set(name, { kind: 'shape', value })
  }
  setTensor(name: string, value: Tensor): void {
    this.set(name, { kind: 'tensor', value })
  }
}
