import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseRequest } from '../../src/chain/request.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { tensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { optimize } from '../../src/optimize.js'
import { farthest } from '../kernels/farthest.js'
import { readRecordedRun } from '../kernels/recorded-run.js'
import { model } from '../models/models.js'

describe('a frozen training graph', () => {
  test('comes out clean of conditions and dropout with one feed', async () => {
    const source = readFileSync(model('faced_face_corrector').path)
    const before = await optimize(source, parseRequest('optimize&inputs=img&outputs=X,Y,W,H'))
    expect(before.manifest.ops).toEqual(expect.arrayContaining(['Switch', 'Merge', 'RandomUniform']))
    const skipped = before.report.steps.flatMap((step) => step.skipped.map(({ reason }) => reason))
    expect(skipped.join('\n')).toContain('it depends on "training", which feed=training:false binds')

    const { manifest } = await optimize(source, parseRequest('optimize&feed=training:false'))
    expect(Object.keys(manifest.inputs)).toEqual(['img'])
    for (const op of ['Switch', 'Merge', 'RandomUniform', 'PlaceholderWithDefault']) {
      expect(manifest.ops).not.toContain(op)
    }
  })

  test('gives without dropout what it was given to drop from', async () => {
    const source = readFileSync(model('ut_test_dropout').path)
    const { bytes, manifest } = await optimize(source, parseRequest('optimize&feed=keep_prob:1'))
    expect(manifest.ops).toEqual(['Const', 'Identity'])
    const graph = readGraphDef(Buffer.concat(bytes))
    const [given, dropped] = evaluate(graph, new Map(), [tensorName('x'), tensorName('dropout_output/mul')])
    expect(dropped!.numbers()).toEqual(given!.numbers())
  })
})

test.each(['dl4j_cond__cond_false', 'dl4j_confusion__no_num_classes_with_weights'])(
  'the evaluator runs %s once its conditions are decided',
  async (name) => {
    const row = model(name)
    const { answers, feeds } = readRecordedRun(row.feeds!)
    const { bytes } = await optimize(readFileSync(row.path), {
      ...parseRequest('optimize'),
      inputs: row.inputs,
      outputs: row.outputs,
    })
    const graph = readGraphDef(Buffer.concat(bytes))
    expect(graph.nodes.filter(({ op }) => op === 'Switch' || op === 'Merge')).toEqual([])
    for (const [output, expected] of answers) {
      const [found] = evaluate(graph, feeds, [tensorName(output.replace(/:0$/, ''))])
      expect(farthest(found!, expected)).toBeLessThan(1e-6)
    }
  },
)
