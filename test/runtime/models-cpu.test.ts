import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { allModelsPresent, models } from '../models/models.js'
import { outcomeOf } from './outcomes.js'

/** What TensorFlow.js does wrong with graphs that are as their authors froze them, and how it shows. */
const known: Record<string, RegExp> = {
  dl4j_bitwise_and__rank2_int32: /Argument 'x' passed to 'bitwiseAnd' must be a Tensor/,
  dl4j_fused_batch_norm__float16_nhwc: /computes no value for the output FusedBatchNormV3:2/,
  // With limits beyond the diagonal.
  dl4j_matrix_band_part__float32_reverse_limits: /wrong by/,
  dl4j_non_max_suppression_v5__float16_with_thresholds: /reading 'id'/,
  // Loops of 1.x: some are never entered, some lose their TensorArrays.
  dl4j_rnn__bstack__d_b1_n3: /Cannot compute the outputs/,
  dl4j_tensor_array__split_sz1_float32_nodynamic_noname_noshape: /reading 'length'/,
  mtcnn: /wrong by/,
  'mtcnn_1.12': /wrong by/,
}

const recorded = models().filter((entry) => entry.feeds)

describe('real graphs on the cpu backend', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  const outcomes: string[] = []

  it.each(recorded)('$name', async (entry) => {
    const tensorsBefore = tf.memory().numTensors
    const outcome = await outcomeOf(entry, tf)
    outcomes.push(outcome)
    if (known[entry.name]) expect(outcome).toMatch(known[entry.name]!)
    else {
      expect(outcome).toMatch(/^(right|random|unsupported)$/)
      expect(tf.memory().numTensors).toBe(tensorsBefore)
    }
  })

  it.runIf(allModelsPresent)('84 of the 182 are right, without any change to the graph', () => {
    const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length
    expect([recorded.length, count('right'), count('random'), count('unsupported')]).toEqual([182, 84, 6, 84])
  })
})
