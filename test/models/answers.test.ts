import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { optimize } from '../../src/optimize.js'
import { answersGolden } from './goldens.js'
import { models } from './models.js'

const golden = answersGolden()

/** The real tool ended these as well, from our deployed graph on. */
const endedByTool: ReadonlySet<string> = new Set(['rounded', 'eight_bit', 'quantized_nodes'])

const broadcast = 'an Add or Mul is quantized only where what is broadcast is known and right in eight bits'
const measured = 'what measures the ranges of a graph that is quantized already is not quantized itself'

/**
 * Where the real tool ends a chain otherwise than we do, and why: rows of the tables of differences. Each is a difference
 * still, or it has to go from this list.
 */
const endsOtherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  quantized_nodes: {
    mtcnn: broadcast,
    'mtcnn_1.12': broadcast,
    t2o_gru: broadcast,
    t2o_lstm: broadcast,
    ut_quant_mnist: measured,
    ut_test_cnn: measured,
    ut_test_cnn_float: broadcast,
    ut_test_dropout: broadcast,
    ut_test_quant_dropout: broadcast,
    ut_test_quant_reshape_2: measured,
    dl4j_fake_quant__min_max_vars__rank1_0_1_4bit: 'a FakeQuant of other than eight bits stays',
    dl4j_losses__sparse_softmax_ce_NONE: 'control inputs are no data',
  },
}

/**
 * TensorFlow ran the original and our result on the recorded inputs when the golden was made; it holds for a result with the
 * same bytes, so that a result that changed has to be recorded again (test/models/record/README.md).
 */
describe.each(golden.chains)('TensorFlow runs what %s makes of', (chain) => {
  const steps = parseChain(chain)
  const isLossy = steps.some(({ transform }) => transform.fidelity === 'lossy')
  for (const model of models()) {
    it(model.name, async () => {
      const answers = golden.graphs[model.name]?.chains[chain]
      expect(answers, 'no answers are recorded').toBeDefined()
      const { manifest } = await optimize(readFileSync(model.path), {
        chain: steps,
        inputs: model.inputs,
        outputs: model.outputs,
        format: 'graphdef',
        inline: false,
      })
      const { sha256, ending, ...found } = answers!
      expect(manifest.sha256.slice(0, 16), 'the answers belong to other bytes: record them again').toBe(sha256)
      if (isLossy) expect(found).toEqual({ difference: expect.any(Number) })
      else expect(found.difference, JSON.stringify(found)).toBeLessThanOrEqual(1e-5)
      const reason = endsOtherwise[chain]?.[model.name]
      if (endedByTool.has(chain)) expect(ending, reason).toBe(reason === undefined ? 'same' : 'other')
    })
  }
})
