import { newElements } from '../graph/data-type.js'
import type { Tensor } from '../graph/tensor.js'
import { loadFlushed, resultArray, rounderOf, storeFlushed } from './elements.js'
import { type Kernel, type KernelCall, KernelError, ulpOfLargest } from './kernel.js'

type Values = Float32Array | Float64Array

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** Rows of inputs, one behind the other, times a matrix, plus a bias; in double. */
function affine(
  parts: readonly { values: Values; size: number }[],
  batch: number,
  matrix: Values,
  bias: Values,
): Float64Array {
  const columns = bias.length
  const result = new Float64Array(batch * columns)
  for (let n = 0; n < batch; n++) {
    result.set(bias, n * columns)
    let row = 0
    for (const { values, size } of parts) {
      for (let at = 0; at < size; at++, row++) {
        const factor = values[n * size + at]!
        for (let column = 0; column < columns; column++) {
          result[n * columns + column]! += factor * matrix[row * columns + column]!
        }
      }
    }
  }
  return result
}

/** What a cell of a long short-term memory is made of. */
interface Lstm {
  weights: Values
  bias: Values
  /** Of the input, forget and output gates, where the cell's state is looked at. */
  peepholes: readonly Values[] | undefined
  forgetBias: number
  /** Nothing is clipped from 0 down. */
  clip: number
  inputs: number
  cells: number
  batch: number
}

function readLstm(call: KernelCall, inputs: number, batch: number, first: number): Lstm {
  const at = (index: number): Values => loadFlushed(call.input(index)) as Values
  const cells = call.input(first).shape[0]! - inputs
  return {
    weights: at(first),
    bias: at(first + 4),
    peepholes: call.boolAttr('use_peephole') ? [at(first + 1), at(first + 2), at(first + 3)] : undefined,
    forgetBias: call.floatAttr('forget_bias') ?? 1,
    clip: call.floatAttr('cell_clip') ?? 3,
    inputs,
    cells,
    batch,
  }
}

/**
 * One step. Gives the input gate, the state, the forget gate, the output gate, the state's news, the state through tanh, and the
 * output. (tensorflow/core/kernels/rnn/lstm_ops.h; the gates stand in the order input, news, forget, output)
 */
function step(lstm: Lstm, x: Values, state: Values, output: Values, round: (value: number) => number): Values[] {
  const { batch, cells, peepholes, clip } = lstm
  const size = batch * cells
  const parts = [
    { values: x, size: lstm.inputs },
    { values: output, size: cells },
  ]
  const gates = affine(parts, batch, lstm.weights, lstm.bias)
  const results = Array.from({ length: 7 }, () => new Float64Array(size))
  const [input, next, forget, out, news, squashed, answer] = results as [
    Values,
    Values,
    Values,
    Values,
    Values,
    Values,
    Values,
  ]
  for (let at = 0; at < size; at++) {
    const cell = at % cells
    const base = Math.floor(at / cells) * 4 * cells + cell
    const old = state[at]!
    const peek = (gate: number, value: number): number => (peepholes ? value * peepholes[gate]![cell]! : 0)
    input[at] = round(sigmoid(gates[base]! + peek(0, old)))
    news[at] = round(Math.tanh(gates[base + cells]!))
    forget[at] = round(sigmoid(gates[base + 2 * cells]! + lstm.forgetBias + peek(1, old)))
    const grown = round(round(news[at]! * input[at]!) + round(old * forget[at]!))
    next[at] = clip > 0 ? Math.min(Math.max(grown, -clip), clip) : grown
    out[at] = round(sigmoid(gates[base + 3 * cells]! + peek(2, next[at]!)))
    squashed[at] = round(Math.tanh(next[at]!))
    answer[at] = out[at]! * squashed[at]!
  }
  return results
}

function storeAll(results: readonly Values[], like: Tensor, shape: readonly number[]): Tensor[] {
  return results.map((values) => {
    const result = resultArray(like.dtype, values.length) as Float32Array
    result.set(values)
    return storeFlushed(like.dtype, shape, result)
  })
}

function lstmCell(call: KernelCall): Tensor[] {
  const x = call.input(0)
  const [batch, inputs] = x.shape as [number, number]
  const lstm = readLstm(call, inputs, batch, 3)
  const [values, state, output] = [0, 1, 2].map((index) => loadFlushed(call.input(index)) as Values)
  return storeAll(step(lstm, values!, state!, output!, rounderOf(x.dtype)), x, [batch, lstm.cells])
}

/** A step for each moment of a sequence; behind its end are zeros. */
function lstmBlock(call: KernelCall): Tensor[] {
  const x = call.input(1)
  const [time, batch, inputs] = x.shape as [number, number, number]
  const moments = Math.min(call.scalar(0), time)
  const lstm = readLstm(call, inputs, batch, 4)
  const size = batch * lstm.cells
  const round = rounderOf(x.dtype)
  const values = loadFlushed(x) as Values
  let [state, output] = [2, 3].map((index) => loadFlushed(call.input(index)) as Values) as [Values, Values]
  const results = Array.from({ length: 7 }, () => new Float64Array(time * size))
  for (let moment = 0; moment < moments; moment++) {
    const now = values.subarray(moment * batch * inputs, (moment + 1) * batch * inputs)
    const answers = step(lstm, now, state, output, round)
    for (const [index, answer] of answers.entries()) results[index]!.set(answer, moment * size)
    state = answers[1]!
    output = answers[6]!.map(round)
  }
  return storeAll(results, x, [time, batch, lstm.cells])
}

/** A gated recurrent unit: the reset gate, the update gate, the news and the output. */
function gruCell(call: KernelCall): Tensor[] {
  const x = call.input(0)
  const [batch, inputs] = x.shape as [number, number]
  const [values, state, gateWeights, newsWeights, gateBias, newsBias] = [0, 1, 2, 3, 4, 5].map(
    (index) => loadFlushed(call.input(index)) as Values,
  ) as [Values, Values, Values, Values, Values, Values]
  const cells = newsBias.length
  if (call.input(2).shape[0] !== inputs + cells) throw new KernelError('the weights do not go with the input')
  const round = rounderOf(x.dtype)
  const size = batch * cells
  const gates = affine(
    [
      { values, size: inputs },
      { values: state, size: cells },
    ],
    batch,
    gateWeights,
    gateBias,
  )
  const results = Array.from({ length: 4 }, () => new Float64Array(size))
  const [reset, update, news, answer] = results as [Values, Values, Values, Values]
  const kept = newElements('float64', size) as Float64Array
  for (let at = 0; at < size; at++) {
    const base = Math.floor(at / cells) * 2 * cells + (at % cells)
    reset[at] = round(sigmoid(gates[base]!))
    update[at] = round(sigmoid(gates[base + cells]!))
    kept[at] = round(state[at]! * reset[at]!)
  }
  const grown = affine(
    [
      { values, size: inputs },
      { values: kept, size: cells },
    ],
    batch,
    newsWeights,
    newsBias,
  )
  for (let at = 0; at < size; at++) {
    news[at] = round(Math.tanh(grown[at]!))
    answer[at] = round(update[at]! * state[at]!) + round((1 - update[at]!) * news[at]!)
  }
  return storeAll(results, x, [batch, cells])
}

export const recurrentKernels: readonly Kernel[] = [
  { ops: ['LSTMBlockCell'], dtypes: ['float32', 'float16'], bound: ulpOfLargest(8), run: lstmCell },
  { ops: ['BlockLSTM'], dtypes: ['float32', 'float16'], dtypeInput: 1, bound: ulpOfLargest(8), run: lstmBlock },
  { ops: ['GRUBlockCell'], dtypes: ['float32'], bound: ulpOfLargest(8), run: gruCell },
]
