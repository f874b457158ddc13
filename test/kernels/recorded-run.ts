import { storageOf } from '../../src/graph/data-type.js'
import { Tensor } from '../../src/graph/tensor.js'
import { toFloat16 } from '../../src/kernels/half-precision.js'
import { type NpyArray, readNpz } from '../models/npz.js'

/** What TensorFlow was fed with and what it answered. */
export interface RecordedRun {
  feeds: ReadonlyMap<string, Tensor>
  answers: ReadonlyMap<string, Tensor>
}

export function readRecordedRun(path: string): RecordedRun {
  const recorded = readNpz(path)
  // Where nothing is fed, NumPy has an array of no numbers in place of names.
  const fed = recorded.feed_0 ? (recorded.feed_names!.data as string[]) : []
  const asked = recorded.out_names!.data as string[]
  return {
    feeds: new Map(fed.map((name, index) => [name, tensorOf(recorded[`feed_${index}`]!)])),
    answers: new Map(asked.map((name, index) => [name, tensorOf(recorded[`out_${index}`]!)])),
  }
}

function tensorOf({ dtype, shape, data }: NpyArray): Tensor {
  if (dtype === 'string') {
    const texts = data as string[]
    return Tensor.ofStrings(
      shape,
      texts.map((text) => Buffer.from(text, 'latin1')),
    )
  }
  if (dtype === 'float16') return Tensor.of('float16', shape, toFloat16(data as Float32Array))
  const type = dtype as Tensor['dtype']
  return Tensor.of(type, shape, new (storageOf(type)!.array as Float32ArrayConstructor)(data as Float32Array))
}
