import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import type { Graph } from '../../src/graph/graph.js'
import { parseTensorName, printTensorName } from '../../src/graph/tensor-name.js'
import { type ModelEntry, models } from './models.js'

/** What the real tool does: how many nodes of each op are merged away, and a digest of all names. */
interface NamesGolden {
  graphs: Readonly<Record<string, { merged: Readonly<Record<string, number>>; obfuscated: string }>>
}

const golden = JSON.parse(readFileSync(new URL('goldens/names.json', import.meta.url), 'utf8')) as NamesGolden

/** Where more is merged: two nodes differ by the name that their _class attributes give to one constant. */
const colocated: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  dl4j_batchnorm__rank4_nchw_batch2_sz5_fused: { Identity: 2 },
  dl4j_div__int8: { Identity: 1 },
}

function run(model: ModelEntry, chain: string): Graph {
  const graph = readGraphDef(readFileSync(model.path))
  const inputs = model.inputs.map(parseTensorName)
  const outputs = model.outputs.map(parseTensorName)
  return runChain(graph, parseChain(chain), { inputs, outputs }).graph
}

function counts(graph: Graph): Map<string, number> {
  const found = new Map<string, number>()
  for (const { op } of graph.nodes) found.set(op, (found.get(op) ?? 0) + 1)
  return found
}

const rows = models().filter((model) => golden.graphs[model.name])

describe('merge_duplicate_nodes removes as many nodes of each op as the real tool', () => {
  it.each(rows.map((model) => [model.name, model] as const))('%s', (name, model) => {
    const left = counts(run(model, 'merge_duplicate_nodes'))
    const removed: Record<string, number> = {}
    for (const [op, count] of counts(readGraphDef(readFileSync(model.path)))) {
      const gone = count - (left.get(op) ?? 0)
      if (gone > 0) removed[op] = gone
    }
    const expected: Record<string, number> = { ...golden.graphs[name]!.merged }
    for (const [op, more] of Object.entries(colocated[name] ?? {})) expected[op] = (expected[op] ?? 0) + more
    expect(removed).toEqual(expected)
  })
})

describe('obfuscate_names gives the names of the real tool', () => {
  it.each(rows.map((model) => [model.name, model] as const))('%s', (name, model) => {
    const hash = createHash('sha256')
    for (const node of run(model, 'obfuscate_names').nodes) {
      hash.update(`${[node.name, node.op, ...node.inputs.map(printTensorName)].join(' ')}\n`)
    }
    expect(hash.digest('hex').slice(0, 32)).toBe(golden.graphs[name]!.obfuscated)
  })
})
