import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain, type StepReport } from '../../src/chain/run.js'
import type { ReadFile } from '../../src/chain/side-files.js'
import { GraphdefError } from '../../src/errors.js'
import { checkInvariants } from '../../src/graph/invariants.js'
import { outputCount } from '../../src/ops/op-defs.js'
import { findTransform } from '../../src/transforms/registry.js'
import { type GraphText, parseGraph, printGraph } from './graph-text.js'

/**
 * The golden cases: one text file each, in a folder named after the transform. A file has four parts:
 *
 *     what the case shows
 *     ===
 *     the graph
 *     @@@
 *     the expected graph, with a line `skip NODE: REASON` for every skip and `note: TEXT` for every note that is
 * reported;
 *     or `error: TEXT`, the first line of the error's text
 *     @@@
 *     the chain
 *
 * and one part more for each file of text that the chain names, the first line of which is the path. Checkpoints are in the
 * folder `checkpoints`.
 */
interface Case {
  description: string
  graph: string
  expected: string
  chain: string
  readFile: ReadFile
}

function readCase(path: string): Case {
  const [description, rest] = readFileSync(path, 'utf8').split('\n===\n')
  const [graph, expected, chain, ...files] = (rest ?? '').split('\n@@@\n')
  if (!description || graph === undefined || expected === undefined || !chain) throw new Error(`${path} lacks a part`)
  const texts = new Map(files.map((part) => [part.split('\n')[0]!, part.slice(part.indexOf('\n') + 1)]))
  const readFile: ReadFile = (file) => {
    const text = texts.get(file)
    return text === undefined ? readFileSync(join(checkpoints, file)) : new TextEncoder().encode(text)
  }
  return { description, graph, expected, chain: chain.trim(), readFile }
}

/** What a case says of the result, as text that can be compared: graph, skips and notes, or the error. */
function outcome(
  source: GraphText,
  chain: string,
  readFile: ReadFile,
): { text: string; result: GraphText | undefined } {
  try {
    const { graph, steps } = runChain(source.graph, parseChain(chain), { ...source, readFile })
    return { text: [printGraph(graph), ...remarks(steps)].join('\n'), result: { ...source, graph } }
  } catch (error) {
    if (!(error instanceof GraphdefError)) throw error
    return { text: `error: ${error.message.split('\n')[0]}`, result: undefined }
  }
}

function remarks(steps: readonly StepReport[]): string[] {
  return steps.flatMap(({ skipped, notes }) => [
    ...skipped.map(({ node, reason }) => `skip ${node}: ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ])
}

/** The expected part in the same form: its graph printed anew, so that spacing and the order of attributes are free. */
function normalized(expected: string): string {
  const lines = expected.split('\n').filter((line) => line.trim() !== '')
  const isRemark = (line: string): boolean => /^(skip .+?|note|error): /.test(line)
  const graph = printGraph(parseGraph(lines.filter((line) => !isRemark(line)).join('\n')).graph)
  return [graph, ...lines.filter(isRemark)].filter(Boolean).join('\n')
}

const folder = fileURLToPath(new URL('cases', import.meta.url))
const checkpoints = fileURLToPath(new URL('checkpoints', import.meta.url))

describe.each(readdirSync(folder).sort())('%s', (transform) => {
  test.each(readdirSync(join(folder, transform)).sort())('%s', (file) => {
    expect(file).toMatch(/^[a-z0-9-]+\.txt$/)
    expect(findTransform(transform)).toBeDefined()
    const { graph, expected, chain, readFile } = readCase(join(folder, transform, file))
    const steps = parseChain(chain)
    expect(steps.map((step) => step.transform.name)).toContain(transform)

    const source = parseGraph(graph)
    const pinned = [...source.inputs, ...source.outputs]
    if (!normalized(expected).startsWith('error: ')) checkInvariants(source.graph, { pinned, outputCount })
    const { text, result } = outcome(source, chain, readFile)
    expect(text).toBe(normalized(expected))

    if (result && steps.every((step) => step.transform.idempotent)) {
      const once = printGraph(result.graph)
      expect(printGraph(outcome(result, chain, readFile).result!.graph)).toBe(once)
    }
  })
})
