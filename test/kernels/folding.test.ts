import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import type { Graph } from '../../src/graph/graph.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { models } from '../models/models.js'

type Counts = Readonly<Record<string, number>>

/** How many nodes of each op the real tool leaves, as record/folding.py recorded it. */
const left = JSON.parse(
  readFileSync(fileURLToPath(new URL('tensorflow-folding.json', import.meta.url)), 'utf8'),
) as Record<string, Counts>

function countOps(graph: Graph): Counts {
  const counts: Record<string, number> = {}
  for (const { op } of graph.nodes) if (op !== 'Const') counts[op] = (counts[op] ?? 0) + 1
  return counts
}

/** The ops of which more nodes are left than the tool leaves. */
function notFolded(ours: Counts, tool: Counts): string[] {
  return Object.keys(ours).filter((op) => ours[op]! > (tool[op] ?? 0))
}

// What only the guard against growth keeps is folded here, as the tool has no such guard.
const chain = parseChain('strip_unused_nodes fold_constants(ignore_errors=true, allow_growth=true)')

describe('fold_constants leaves nothing that TensorFlow folds', () => {
  test.each(
    models()
      .filter(({ name }) => left[name])
      .map((model): [string, typeof model] => [model.name, model]),
  )('%s', (name, { path, inputs, outputs }) => {
    const { graph } = runChain(readGraphDef(readFileSync(path)), chain, {
      inputs: inputs.map(parseTensorName),
      outputs: outputs.map(parseTensorName),
    })
    expect(notFolded(countOps(graph), left[name]!)).toEqual([])
  })
})

test('a node more than the tool leaves is seen, a node less is no fault', () => {
  expect(notFolded({ Add: 2, Mul: 1 }, { Add: 1, Mul: 1 })).toEqual(['Add'])
  expect(notFolded({ Relu: 1 }, {})).toEqual(['Relu'])
  expect(notFolded({ Add: 1 }, { Add: 2, Mul: 3 })).toEqual([])
})
