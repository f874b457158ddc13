import { GraphdefError } from '../errors.js'
import { defer, loaded, unread } from '../graph/deferred-bytes.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { cannotTransform } from './transform.js'

export interface FloatConstant {
  node: Node
  tensor: Tensor
}

/**
 * The float32 constants of a graph, in order.
 * @throws GraphdefError `missing-attr`, `bad-tensor`, `transform-failed` for a Const that is none
 */
export function floatConstants(graph: Graph): FloatConstant[] {
  const found: FloatConstant[] = []
  for (const node of graph.nodes) {
    if (node.op !== 'Const') continue
    const dtype = node.attrs.type('dtype')
    if (dtype === undefined) throw missing(node, 'dtype')
    if (dtype !== 'float32') continue
    const tensor = node.attrs.tensor('value')
    if (!tensor) throw missing(node, 'value')
    if (tensor.dtype !== dtype) throw cannotTransform(node, `its dtype is ${dtype}, and its value is ${tensor.dtype}`)
    if (tensor.problem !== undefined) {
      throw new GraphdefError('bad-tensor', { what: `a tensor cannot be decoded: ${tensor.problem}`, node: node.name })
    }
    found.push({ node, tensor })
  }
  return found
}

function missing(node: Node, name: string): GraphdefError {
  return new GraphdefError('missing-attr', { what: `a Const has no attribute "${name}"`, node: node.name })
}

/** Elements a chunk: small enough that a chunk stays in the processor's cache between two loops. */
const chunkSize = 16384
const scratch = new Float32Array(chunkSize)
const scratchBytes = new Uint8Array(scratch.buffer)

/**
 * The stored values of a float32 tensor chunk by chunk: of a splat those that differ, otherwise all elements. A chunk
 * is a view of the file where that is aligned, else of a small buffer that the next chunk overwrites: reading takes
 * no memory.
 */
export function floatChunks(tensor: Tensor): Iterable<FloatChunk> {
  if (!tensor.isSplat) return wholeFloatChunks(tensor)
  const { storage } = tensor
  const values = storage.kind === 'list' ? (storage.values as Float32Array) : new Float32Array(0)
  return [{ values: values.length > 0 ? values : new Float32Array(1), start: 0 }]
}

export interface FloatChunk {
  values: Float32Array
  /** The first value's place among the elements. */
  start: number
}

/** The elements of a float32 tensor whose bytes are still in the model's file. */
export interface UnreadElements {
  /** Reads as many elements as there is room for, from one on. */
  copyTo(target: Float32Array, first: number): void
}

/** Undefined where the elements are in memory. */
export function unreadElements({ storage, size }: Tensor): UnreadElements | undefined {
  if (storage.kind !== 'content' || storage.bytes.length !== size * 4) return undefined
  const file = unread(storage.bytes)
  const { byteOffset } = storage.bytes
  return (
    file && {
      copyTo: ({ buffer, byteOffset: place, byteLength }, first) =>
        file.copyTo(new Uint8Array(buffer, place, byteLength), byteOffset + first * 4),
    }
  )
}

/**
 * Leaves it to whoever asks for elements to compute them from those of another tensor: a graph of 96 MB is then written without
 * memory for its weights, which touched for the first time takes longer than reading and computing them twice.
 *
 * @param elements memory for them, as long as the tensor
 * @param change computes elements in their place, from the one numbered `start` on
 */
export function deferElements(
  elements: Float32Array,
  source: UnreadElements,
  change: (values: Float32Array, start: number) => void,
): void {
  let isLoaded = false
  const load = (): void => {
    if (isLoaded) return
    source.copyTo(elements, 0)
    change(elements, 0)
    isLoaded = true
  }
  defer(elements.buffer, {
    isLoaded: () => isLoaded,
    load,
    copyTo(target, start) {
      if ((start | target.byteOffset | target.length) % 4 === 0) {
        const values = new Float32Array(target.buffer, target.byteOffset, target.length / 4)
        source.copyTo(values, start / 4)
        change(values, start / 4)
        return
      }
      load()
      target.set(new Uint8Array(elements.buffer, start, target.length))
    },
  })
}

/**
 * All elements of a float32 tensor, those of a splat too, otherwise as {@link floatChunks}. Those that are still in the model's
 * file are read once more by whoever goes over them again: memory for them, touched for the first time, takes four times as long.
 */
export function* wholeFloatChunks(tensor: Tensor): Iterable<FloatChunk> {
  const { storage, size } = tensor
  const file = unreadElements(tensor)
  if (!file && (storage.kind !== 'content' || storage.bytes.byteOffset % 4 === 0)) {
    yield { values: tensor.values() as Float32Array, start: 0 }
    return
  }
  const read = file ? file.copyTo : copyFrom(loaded((storage as { bytes: Uint8Array }).bytes))
  for (let start = 0; start < size; start += chunkSize) {
    const values = scratch.subarray(0, Math.min(chunkSize, size - start))
    read(values, start)
    yield { values, start }
  }
}

/** Reads elements out of bytes that are not aligned. */
function copyFrom(bytes: Uint8Array): UnreadElements['copyTo'] {
  return (target, first) => scratchBytes.set(bytes.subarray(first * 4, (first + target.length) * 4))
}
