import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { transforms } from '../../src/transforms/registry.js'
import { answersOf, feedsFor } from './evaluate-case.js'
import type { FuzzCase } from './fuzz-case.js'
import { generators, presetCases } from './generators.js'
import { broken, run } from './properties.js'

/** The seed is fixed, so that a run is as good as another; another one is tried by GRAPHDEF_FUZZ_SEED. */
const seed = Number(process.env.GRAPHDEF_FUZZ_SEED ?? 1)
const numRuns = 40

function holds(cases: fc.Arbitrary<FuzzCase>): void {
  fc.assert(
    fc.property(cases, (fuzzCase) => {
      const problems = broken(fuzzCase, parseChain(fuzzCase.chain))
      if (problems.length > 0) throw new Error(problems.join('\n'))
    }),
    { seed, numRuns },
  )
}

describe.each(transforms)('$name', ({ name }) => {
  test('has a generator of cases', () => {
    expect(Object.keys(generators)).toContain(name)
  })

  test('has every property on random graphs', () => holds(generators[name]!))

  test('is tried on graphs that it changes and whose outputs can be computed', () => {
    const cases = fc.sample(generators[name]!, { seed: 1, numRuns })
    const ran = cases.map((fuzzCase) => run(fuzzCase, parseChain(fuzzCase.chain)))
    const changed = ran.filter(({ result }) =>
      result?.reports.some((each) => each.changed + each.added + each.removed > 0),
    )
    const computed = cases.filter((fuzzCase) => {
      const { outputs } = run(fuzzCase, [])
      return answersOf(readGraphDef(fuzzCase.bytes), feedsFor(fuzzCase), outputs).some((answer) => answer)
    })
    expect(changed.length).toBeGreaterThan(numRuns / 8)
    expect(computed.length).toBeGreaterThan(numRuns / 3)
  })
})

test('the presets have every property on random models', () => holds(presetCases))
