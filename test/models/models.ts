import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

/** One frozen graph to test with, and how it is run. */
export interface ModelEntry {
  name: string
  /** The .pb file. */
  path: string
  /** Names of the nodes that the recorded run feeds: what `inputs` of a request should say. */
  inputs: readonly string[]
  /** What to ask for: a node's name, with `:1` and so on behind it for a later port. */
  outputs: readonly string[]
  /** The .npz with the recorded inputs and TensorFlow's outputs, where there is one. */
  feeds: string | undefined
  /** Whether two runs on the same inputs give the same outputs, so that values can be compared. */
  deterministic: boolean
  /** How many nodes there are of each op. */
  ops: Readonly<Record<string, number>>
}

/** The fields of index.json that are used here. */
interface IndexRow {
  name: string
  file: string
  io?: string
  inputs: { name: string }[]
  likelyOutputs: string[]
  feeds?: Record<string, unknown>
  deterministic?: boolean
  ops: Record<string, number>
}

const here = fileURLToPath(new URL('.', import.meta.url))
const sharedFolder = join(here, '../../../shared/models')
const randomOp = /^(Random|Multinomial$|TruncatedNormal$|ParameterizedTruncatedNormal$)/

/** Whether the folder with all 183 models lies beside the repository; without it there are those that are kept. */
export const allModelsPresent: boolean = existsSync(join(sharedFolder, 'index.json'))

let entries: readonly ModelEntry[] | undefined

/** All models that are there, in the index's order. */
export function models(): readonly ModelEntry[] {
  entries ??= readIndex(allModelsPresent ? sharedFolder : here)
  return entries
}

/** The model of this name. */
export function model(name: string): ModelEntry {
  const found = models().find((entry) => entry.name === name)
  if (!found)
    throw new Error(`no model "${name}": ${allModelsPresent ? sharedFolder : here}/index.json does not have it`)
  return found
}

/** Reads a folder's index.json. */
export function readIndex(folder: string): ModelEntry[] {
  const rows = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as IndexRow[]
  return rows.map((row) => ({
    name: row.name,
    path: join(folder, row.file),
    inputs: row.feeds
      ? Object.keys(row.feeds).map((tensor) => tensor.replace(/:\d+$/, ''))
      : row.inputs.map(({ name }) => name),
    outputs: row.likelyOutputs.map((tensor) => tensor.replace(/:0$/, '')),
    feeds: row.io && join(folder, row.io),
    deterministic: row.deterministic ?? !Object.keys(row.ops).some((op) => randomOp.test(op)),
    ops: row.ops,
  }))
}

/** A `describe` over models by name, or over all 183; skipped, saying which are missing, where they are not there. */
export function describeWithModels(
  title: string,
  names: 'all' | readonly string[],
  body: (models: readonly ModelEntry[]) => void,
): void {
  if (names === 'all') {
    if (allModelsPresent) describe(title, () => body(models()))
    else describe.skip(`${title} (skipped: no ../shared/models beside the repository)`, () => body([]))
    return
  }
  const missing = names.filter((name) => !models().some((entry) => entry.name === name))
  if (missing.length === 0) describe(title, () => body(names.map(model)))
  else describe.skip(`${title} (skipped: no model ${missing.join(', ')})`, () => body([]))
}
