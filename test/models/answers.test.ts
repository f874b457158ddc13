import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { optimize } from '../../src/optimize.js'
import { answersGolden } from './goldens.js'
import { models } from './models.js'

const golden = answersGolden()

/**
 * TensorFlow ran the original and our result on the recorded inputs when the golden was made; it holds for a result with the
 * same bytes, so that a result that changed has to be recorded again (test/models/record/README.md).
 */
describe('TensorFlow answers the same on the result of the deploy chain as on the original', () => {
  for (const model of models()) {
    const row = golden.graphs[model.name]?.deploy
    it(model.name, async () => {
      expect(row, 'no answers are recorded').toBeDefined()
      const { manifest } = await optimize(readFileSync(model.path), {
        chain: parseChain('deploy'),
        inputs: model.inputs,
        outputs: model.outputs,
        format: 'graphdef',
        inline: false,
      })
      expect(manifest.sha256, 'the answers belong to other bytes: record them again').toBe(row!.sha256)
      if (!model.deterministic) return
      expect(Object.keys(row!.outputs!)).toHaveLength(model.outputs.length)
      for (const difference of Object.values(row!.outputs!)) expect(difference).toBeLessThanOrEqual(1e-5)
    })
  }
})
