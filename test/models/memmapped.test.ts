import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { writeMemmapped } from '../../src/codec/memmapped.js'
import { models } from './models.js'

interface MemmappedRow {
  sha256: string
  mapped?: number
  /** TensorFlow writes to a mapped weight's read-only page; the result is then from a run in which it may. */
  crashes?: boolean
  result: string
}

const { graphs } = JSON.parse(readFileSync(new URL('goldens/memmapped.json', import.meta.url), 'utf8')) as {
  graphs: Readonly<Record<string, MemmappedRow>>
}

/** Why there are no numbers to compare. */
const notRun: Record<string, RegExp> = {
  // Feeding what it was recorded with fails in TensorFlow, without a package too.
  ut_test_cnn: /^not run: the plain graph fails: .*img_batch/,
}

/**
 * The golden tells what TensorFlow's own MemmappedEnv made of the package with this digest, so that a package that changed has
 * to be run again (test/models/record/README.md).
 */
describe('the memory-mapped package of a real graph runs in TensorFlow as the plain graph does', () => {
  for (const model of models()) {
    it(model.name, () => {
      const row = graphs[model.name]!
      const { list } = writeMemmapped(readGraphDef(readFileSync(model.path)), { minimumSize: 1024 })
      const hash = createHash('sha256')
      for (const slice of list) hash.update(slice)
      expect(hash.digest('hex'), 'the golden belongs to other bytes: record it again').toBe(row.sha256)
      if (notRun[model.name]) expect(row.result).toMatch(notRun[model.name]!)
      else if (!model.deterministic) expect(row.result).toMatch(/^(ran|equal)$/)
      else if (row.result !== 'equal') {
        expect(Number(/^differs by (.*)$/.exec(row.result)?.[1])).toBeLessThanOrEqual(1e-6)
      }
    })
  }

  it('but for the graphs on which TensorFlow writes to a mapped weight, which it must not', () => {
    const crashing = Object.keys(graphs).filter((name) => graphs[name]!.crashes)
    expect(crashing).toEqual(['mobilenet_v1_0.25_128_frozen', 'poets_optimized', 'poets_retrained'])
  })
})
