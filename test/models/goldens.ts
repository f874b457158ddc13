import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { GraphDescription } from './describe.js'

/** Why the real tool gave no graph: `error`, `timeout`, or `signal SIGSEGV` and the like. */
export interface Refusal {
  refused: string
  message: string
}

/** What the real tool makes of one float constant. */
export interface WeightsRow {
  elements: number
  /** Digest of the bytes after round_weights(num_steps=256); missing where they stay as they were. */
  rounded?: string
  /** After quantize_weights(minimum_size=1): digest of the quint8 bytes, range as float bits in hex. */
  quantized?: { bytes: string; min: string; max: string }
}

export interface WeightsGolden {
  graphs: Readonly<Record<string, { constants: Readonly<Record<string, WeightsRow>> } | Refusal>>
}

/** The deploy chain of the real tool, run until nothing changes. */
export interface DeployRow extends GraphDescription {
  inputs: readonly string[]
  /** Only where the model needed another chain than the golden's own. */
  chain?: string
  runs: number
  /** Errors that ignore_errors passed over. */
  ignored?: readonly string[]
  stopped?: Refusal
  unstable?: boolean
}

export interface DeployGolden {
  chain: string
  /** Op to attribute to default, as text. */
  defaults: AttrDefaults
  graphs: Readonly<Record<string, DeployRow | ({ inputs: readonly string[] } & Refusal)>>
}

export type AttrDefaults = Readonly<Record<string, Readonly<Record<string, string>>>>

/** How far TensorFlow's answers on an optimised graph are from those on the original. */
export interface ChainAnswers {
  /** The first half of that of the optimised file; none for the real tool's results. */
  sha256?: string
  /** Of the worst output relative to its largest magnitude; 0 or 1 for what must be equal. */
  difference?: number
  /** Why there is no number: another shape or data type, or NaN in other places. */
  unlike?: string
  /** TensorFlow's error. */
  fails?: string
  /** Whether the real tool makes the same of our graph when it ends the chain: `same`, `other`, `refused: ...`. */
  ending?: string
}

export interface AnswersRow {
  /** Only shapes and data types were compared. */
  random?: true
  /** TensorFlow's error on the original. */
  original?: string
  recorded?: { difference?: number; unlike?: string }
  chains: Readonly<Record<string, ChainAnswers>>
}

export interface AnswersGolden {
  chains: readonly string[]
  graphs: Readonly<Record<string, AnswersRow>>
}

/** A digest of what the real tool's result computes, or why it gave none. */
export type QuantizedRow = string | { refused: string }

export interface QuantizedGolden {
  /** The chain of the column `quantize_nodes`. */
  chain: string
  /** Model to chain to row; the other columns are the modes of quantize_graph. */
  graphs: Readonly<
    Record<string, Readonly<Record<'quantize_nodes' | 'weights_rounded' | 'weights' | 'eightbit', QuantizedRow>>>
  >
}

export function weightsGolden(): WeightsGolden {
  return readGolden('weights.json.gz') as WeightsGolden
}

export function deployGolden(): DeployGolden {
  return readGolden('deploy.json.gz') as DeployGolden
}

export function answersGolden(): AnswersGolden {
  return readGolden('answers.json') as AnswersGolden
}

export function quantizedGolden(): QuantizedGolden {
  return readGolden('quantized.json') as QuantizedGolden
}

function readGolden(name: string): unknown {
  const bytes = readFileSync(new URL(`goldens/${name}`, import.meta.url))
  return JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}
