import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import type { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { kernelFor } from '../../src/kernels/registry.js'
import { models } from '../models/models.js'
import { farthest } from './farthest.js'
import { readRecordedRun } from './recorded-run.js'

/**
 * Ops of these graphs that no kernel computes: state, loops and branches, which are never folded, and ops that stand on
 * no constant path in a graph of real use. A kernel for one of them takes it off the list. (A FusedBatchNormV3 that is
 * training is not computed either.)
 */
const withoutKernel = new Set(`Enter Merge RandomUniform Switch TensorArrayV3`.split(/\s+/))

/** What a computation gives, or why it cannot be. */
function computed(compute: () => Tensor[]): Tensor[] | string {
  try {
    return compute()
  } catch (error) {
    if (error instanceof GraphdefError && error.code === 'kernel-failed') return error.details.what
    throw error
  }
}

test('the ops listed as without a kernel have none', () => {
  expect([...withoutKernel].filter((op) => kernelFor(op))).toEqual([])
})

describe('whole graphs give the answers that TensorFlow gave', () => {
  const rows = models().filter(({ feeds, deterministic }) => feeds && deterministic)
  test.each(rows.map((model): [string, typeof model] => [model.name, model]))('%s', (_, model) => {
    const recorded = readRecordedRun(model.feeds!)
    const graph = readGraphDef(readFileSync(model.path))
    const asked = [...recorded.answers.keys()]
    const answers = computed(() => evaluate(graph, recorded.feeds, asked.map(parseTensorName)))
    if (typeof answers === 'string') {
      expect(['FusedBatchNormV3', ...withoutKernel], answers).toContain(answers.split(' ')[0])
      return
    }
    for (const [index, name] of asked.entries()) {
      const [found, expected] = [answers[index]!, recorded.answers.get(name)!]
      expect([found.dtype, found.shape], name).toEqual([expected.dtype, expected.shape])
      expect(farthest(found, expected), name).toBeLessThan(1e-5)
    }
  })
})
