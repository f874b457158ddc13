import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ModelManifest, TensorInfo, TensorInfos } from '../../src/manifest/types.js'
import type { TensorLike, TensorValue } from '../../src/runtime/types.js'
import type { ModelEntry } from '../models/models.js'
import { type NpyArray, readNpz } from '../models/npz.js'

/** A model with what TensorFlow was fed and what it answered. */
export interface RecordedModel {
  content: Uint8Array
  manifest: ModelManifest
  feeds: Record<string, TensorLike>
  answers: Record<string, NpyArray>
}

const asyncOps =
  /^(Switch|Merge|Enter|Exit|NextIteration|(Stateless)?(If|While)|TensorArray\w*|NonMaxSuppressionV\d|Where|HashTable(V2)?|LookupTable.*)$/

export function recordedModel(entry: ModelEntry): RecordedModel {
  const api = Object.keys(entry.ops).some((op) => asyncOps.test(op)) ? 'executeAsync' : 'execute'
  return recordedFiles(entry.path, entry.feeds!, api)
}

/** The same from a graph and an .npz beside it. */
export function recordedFiles(graph: string | URL, npz: string | URL, api: ModelManifest['api']): RecordedModel {
  const arrays = readNpz(npz)
  const feeds = namedArrays(arrays, 'feed')
  const answers = namedArrays(arrays, 'out')
  const content = new Uint8Array(readFileSync(graph))
  return {
    content,
    manifest: manifestFor(content, { inputs: tensorInfos(feeds), outputs: tensorInfos(answers), api }),
    feeds: Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data])),
    answers,
  }
}

/** A manifest that fits the content, for the parts that are given. */
export function manifestFor<I extends TensorInfos, O extends TensorInfos>(
  content: Uint8Array,
  parts: { inputs: I; outputs: O } & Partial<ModelManifest>,
): ModelManifest<I, O> {
  return {
    format: 'graphdef',
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    ops: [],
    chain: [],
    api: 'execute',
    ...parts,
  }
}

/** The largest difference, as a part of the answer's largest magnitude; Infinity where shapes or kinds differ. */
export async function relativeError(found: TensorValue, answer: NpyArray): Promise<number> {
  const values = (await found.data()) as ArrayLike<number | string>
  if (found.shape.join() !== answer.shape.join() || values.length !== answer.data.length)
    return Number.POSITIVE_INFINITY
  if (answer.dtype === 'string') {
    return Array.from(values).every((value, index) => value === answer.data[index]) ? 0 : Number.POSITIVE_INFINITY
  }
  let largest = 0
  let error = 0
  for (let index = 0; index < values.length; index++) {
    const expected = Number(answer.data[index])
    const value = Number(values[index])
    if (Object.is(expected, value) || expected === value) continue
    if (!Number.isFinite(expected) || !Number.isFinite(value)) return Number.POSITIVE_INFINITY
    error = Math.max(error, Math.abs(value - expected))
  }
  for (const expected of answer.data) {
    if (Number.isFinite(Number(expected))) largest = Math.max(largest, Math.abs(Number(expected)))
  }
  return error === 0 ? 0 : error / (largest || 1)
}

function namedArrays(arrays: Record<string, NpyArray>, kind: 'feed' | 'out'): Record<string, NpyArray> {
  const names = (arrays[`${kind}_names`]?.data ?? []) as string[]
  // NumPy stores no names as one empty name.
  return Object.fromEntries(
    names.filter(Boolean).map((name, index) => [name.replace(/:0$/, ''), arrays[`${kind}_${index}`]!]),
  )
}

function tensorInfos(arrays: Record<string, NpyArray>): TensorInfos {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { dtype, shape }]) => [
      name,
      { name, dtype: dtype as TensorInfo['dtype'], shape },
    ]),
  )
}
