import { createHash } from 'node:crypto'
import type { AttrKind, AttrList, AttrValue, FunctionReference } from '../graph/attr.js'
import { elementSize } from '../graph/data-type.js'
import type { Tensor } from '../graph/tensor.js'

/** A tensor of this many bytes or fewer is compared as text. */
const shortTensor = 32
const chunkBytes = 1 << 16

/**
 * Gives texts to attribute values: the same text to equal values, whatever form they are stored in, and to no others. Floats
 * are compared by their bits, so that -0 and each NaN are values of their own.
 */
export class EqualValues {
  /** By dtype and shape: the first tensor, which is hashed only once there is a second, or the digests. */
  readonly #tensors = new Map<string, Tensor | Map<string, number>>()

  textOf(value: AttrValue): string {
    switch (value.kind) {
      case 's':
        return `s${latin1(value.value)}`
      case 'i':
        return `i${value.value}`
      case 'f':
        return `f${floatBits(value.value)}`
      case 'tensor':
        return `tensor ${this.#tensorText(value.value)}`
      case 'list':
        return `list ${JSON.stringify(this.#itemTexts(value.value))}`
      case 'func':
        return `func ${this.#functionText(value.value)}`
      default:
        return `${value.kind} ${JSON.stringify(value.value)}`
    }
  }

  #itemTexts(list: AttrList): string[] {
    const parts = Object.entries(list) as [AttrKind, readonly AttrValue['value'][]][]
    return parts.flatMap(([kind, items]) => items.map((value) => this.textOf({ kind, value } as AttrValue)))
  }

  #functionText({ name, attrs }: FunctionReference): string {
    const texts = [...attrs.keys()].sort().map((key) => [key, this.textOf(attrs.get(key)!)])
    return JSON.stringify([name, texts])
  }

  #tensorText(tensor: Tensor): string {
    const { dtype, shape, storage } = tensor
    const type = `${dtype}[${shape.join(',')}]`
    const isPlain = (storage.kind === 'content' && !tensor.problem) || storage.kind === 'list'
    if (isPlain && tensor.byteLength <= shortTensor) return `${type} ${latin1(tensor.bytes())}`
    return `${type} #${this.#numberOf(type, tensor)}`
  }

  /** Equal numbers for equal tensors among those of a dtype and shape. */
  #numberOf(type: string, tensor: Tensor): number {
    const known = this.#tensors.get(type)
    if (!known || known === tensor) {
      this.#tensors.set(type, tensor)
      return 0
    }
    let numbers: Map<string, number>
    if (known instanceof Map) numbers = known
    else this.#tensors.set(type, (numbers = new Map([[digestOf(known), 0]])))
    const digest = digestOf(tensor)
    let number = numbers.get(digest)
    if (number === undefined) numbers.set(digest, (number = numbers.size))
    return number
  }
}

/** A hash of the elements, the same for each way to store them. Elements that are not stored are not made either. */
function digestOf(tensor: Tensor): string {
  const { storage } = tensor
  const hash = createHash('sha256')
  if (storage.kind === 'strings') {
    for (const value of tensor.strings()) hash.update(`${value.length} `).update(value)
  } else if (storage.kind === 'invalid' || storage.kind === 'opaque' || tensor.problem) {
    hash.update('as encoded ').update(tensor.encoded ?? '')
  } else if (storage.kind === 'list' && tensor.isSplat) {
    const { buffer, byteOffset, byteLength } = storage.values
    const stored = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
    hash.update(stored)
    const last = byteLength > 0 ? stored.subarray(-elementSize(tensor.dtype)) : 0
    const chunk = Buffer.alloc(chunkBytes, last as Uint8Array)
    for (let left = tensor.byteLength - byteLength; left > 0; left -= chunkBytes) {
      hash.update(left < chunkBytes ? chunk.subarray(0, left) : chunk)
    }
  } else hash.update(tensor.bytes())
  return hash.digest('base64')
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

const float = new Float32Array(1)
const floatBytes = new Uint32Array(float.buffer)

function floatBits(value: number): number {
  float[0] = value
  return floatBytes[0]!
}
