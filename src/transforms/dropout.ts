import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { sameTensor, type TensorName } from '../graph/tensor-name.js'
import type { ConstantValues } from './constant-value.js'
import { originOf } from './tensor-origin.js'

/** Dropout as TensorFlow's layers write it: what it is given, times a random mask, over the share that the mask keeps. */
export interface Dropout {
  /** The node that gives the result. */
  node: Node
  /** What the mask is put over. */
  input: TensorName
  /** The share that is kept, undefined where it is not constant. */
  keeps: number | undefined
  /** Whether it gives what it is given, to the last bit, but for its shape. */
  idle: boolean
  /** The tensor that says so: the share kept, or the share dropped. */
  setting: TensorName
  /** The node that draws the mask; its first input is the mask's shape. */
  random: Node
}

/** The factors of a mask and of a scaling must be each other's inverse as far as half precision tells. */
const tolerance = 2e-3

const randomOps: ReadonlySet<string> = new Set(['RandomUniform', 'StatelessRandomUniform', 'StatelessRandomUniformV2'])

interface Mask {
  random: Node
  /** The share that is kept, or the one that is dropped, as the graph has it. */
  kept?: TensorName
  dropped?: TensorName
}

/**
 * Finds dropout at a node: `Mul(scaled, Floor(Add(keep_prob, uniform)))` of TensorFlow 1, `Mul(scaled, Cast(GreaterEqual(uniform,
 * rate)))` and `SelectV2(GreaterEqual(uniform, rate), scaled, 0)` of TensorFlow 2, where `scaled` is the input divided by the share
 * that is kept, or times its inverse.
 */
export function dropoutAt(graph: Graph, node: Node, values: ConstantValues): Dropout | undefined {
  const finder = new DropoutFinder(graph, values)
  const data = node.dataInputs
  if (node.op === 'Mul') {
    for (const [scaled, masking] of [data, [...data].reverse()]) {
      const mask = finder.mask(masking)
      const found = mask && finder.dropout(node, scaled, mask)
      if (found) return found
    }
    return undefined
  }
  if (node.op !== 'SelectV2' && node.op !== 'Select') return undefined
  const mask = finder.comparison(data[0])
  return mask && finder.isZero(data[2]) ? finder.dropout(node, data[1], mask) : undefined
}

class DropoutFinder {
  readonly #graph: Graph
  readonly #values: ConstantValues

  constructor(graph: Graph, values: ConstantValues) {
    this.#graph = graph
    this.#values = values
  }

  mask(tensor: TensorName | undefined): Mask | undefined {
    const node = this.#at(tensor, 'Floor', 'Cast')
    if (node?.op === 'Cast') return this.comparison(node.dataInputs[0])
    const sum = this.#at(node?.dataInputs[0], 'Add', 'AddV2')
    const [a, b] = sum?.dataInputs ?? []
    for (const [kept, uniform] of [
      [a, b],
      [b, a],
    ]) {
      const random = this.#uniform(uniform)
      if (random && kept) return { random, kept }
    }
    return undefined
  }

  comparison(tensor: TensorName | undefined): Mask | undefined {
    const [uniform, dropped] = this.#at(tensor, 'GreaterEqual')?.dataInputs ?? []
    const random = this.#uniform(uniform)
    return random && dropped ? { random, dropped } : undefined
  }

  isZero(tensor: TensorName | undefined): boolean {
    const value = this.#values.of(tensor)
    return value !== undefined && value.problem === undefined && value.numbers().every((number) => number === 0)
  }

  dropout(node: Node, scaled: TensorName | undefined, { random, kept, dropped }: Mask): Dropout | undefined {
    const setting = (kept ?? dropped)!
    const share = this.#values.scalar(setting)
    const keeps = share === undefined || kept ? share : 1 - share
    const scaling = this.#producer(scaled)
    if (!scaling || !scaled) return undefined
    for (const { input, factor, divisor } of this.#factors(scaling)) {
      const constant = factor ? this.#values.scalar(factor) : this.#inverse(divisor!)
      if (constant !== undefined && keeps !== undefined) {
        if (Math.abs(constant * keeps - 1) < tolerance) {
          return { node, input, keeps, idle: constant === 1 && keeps === 1, setting, random }
        }
        continue
      }
      if (constant !== undefined || keeps !== undefined) continue
      const over = divisor ?? this.#divisorOf(factor!)
      if (over && this.#isKept(over, kept, dropped)) return { node, input, keeps, idle: false, setting, random }
    }
    return undefined
  }

  /** How a node may be read as an input and what it is multiplied with or divided by. */
  #factors(node: Node): { input: TensorName; factor?: TensorName; divisor?: TensorName }[] {
    const [a, b] = node.dataInputs
    if (!a || !b) return []
    if (node.op === 'RealDiv' || node.op === 'Div') return [{ input: a, divisor: b }]
    if (node.op !== 'Mul') return []
    return [
      { input: a, factor: b },
      { input: b, factor: a },
    ]
  }

  #inverse(divisor: TensorName): number | undefined {
    const value = this.#values.scalar(divisor)
    return value === undefined ? undefined : 1 / value
  }

  /** What a factor is one over. */
  #divisorOf(factor: TensorName): TensorName | undefined {
    const node = this.#at(factor, 'RealDiv', 'Div', 'Reciprocal', 'Inv')
    if (!node) return undefined
    const [one, divisor] = node.dataInputs
    if (!divisor) return one
    return this.#values.scalar(one) === 1 ? divisor : undefined
  }

  /** Whether a tensor is the share that the mask keeps: the same, or one less what it drops. */
  #isKept(tensor: TensorName, kept: TensorName | undefined, dropped: TensorName | undefined): boolean {
    const origin = originOf(this.#graph, tensor)
    if (kept) return sameTensor(origin, originOf(this.#graph, kept))
    const node = this.#at(origin, 'Sub')
    const [one, rate] = node?.dataInputs ?? []
    if (!node || !rate) return false
    return this.#values.scalar(one) === 1 && sameTensor(originOf(this.#graph, rate), originOf(this.#graph, dropped!))
  }

  /** The node that draws numbers from 0 up to, not including, 1. */
  #uniform(tensor: TensorName | undefined): Node | undefined {
    const node = this.#producer(tensor)
    if (!node) return undefined
    if (randomOps.has(node.op)) return node
    const neutral = { Add: 0, AddV2: 0, Mul: 1 }[node.op]
    if (neutral === undefined) return undefined
    const [a, b] = node.dataInputs
    if (this.#values.scalar(b) === neutral) return this.#uniform(a)
    return this.#values.scalar(a) === neutral ? this.#uniform(b) : undefined
  }

  #producer(tensor: TensorName | undefined): Node | undefined {
    return tensor && this.#graph.producer(originOf(this.#graph, tensor))
  }

  #at(tensor: TensorName | undefined, ...ops: readonly string[]): Node | undefined {
    const node = this.#producer(tensor)
    return node && ops.includes(node.op) ? node : undefined
  }
}
