import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { firstDifference } from './compare.js'
import { describeGraph } from './describe.js'
import { deployGolden } from './goldens.js'
import { models } from './models.js'

const golden = deployGolden()

/** Where the result is another computation than the real tool's, and which row of the table of differences says why. */
const known: Record<string, string> = {}

describe('the deploy chain gives the computation of the real tool run until nothing changes', () => {
  for (const model of models()) {
    const row = golden.graphs[model.name]
    if (!row) continue
    it(model.name, () => {
      if ('refused' in row) throw new Error(`the real tool refused: ${row.message}`)
      const { graph } = runChain(readGraphDef(readFileSync(model.path)), parseChain(row.chain ?? golden.chain), {
        inputs: row.inputs.map(parseTensorName),
        outputs: model.outputs.map(parseTensorName),
      })
      const difference = firstDifference(row, describeGraph(graph, model.outputs), golden)
      if (known[model.name]) expect(difference, known[model.name]).toBeDefined()
      else expect(difference).toBeUndefined()
    })
  }
})
