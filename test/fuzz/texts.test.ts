import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChain, printChain } from '../../src/chain/parse.js'
import { canonicalQuery, isModelQuery, parseRequest, printRequest } from '../../src/chain/request.js'
import { GraphdefError } from '../../src/errors.js'
import { BadValue, type Option } from '../../src/transforms/options.js'
import { presets } from '../../src/transforms/presets.js'
import { transforms } from '../../src/transforms/registry.js'
import { generators } from './generators.js'

const seed = Number(process.env.GRAPHDEF_FUZZ_SEED ?? 1)

/** Texts that some option takes: plain words, numbers, names with what must be quoted. */
const value: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    '0',
    '1',
    '16',
    'float',
    'int32',
    '1,2,3',
    '-1,4',
    '[]',
    '1.5',
    '1e-3',
    'Identity|Relu',
  ),
  fc.string({
    unit: fc.constantFrom('a', 'Z', '_', '/', ':', '^', '"', "'", '\\', ' ', ',', ')', '(', '=', 'é', '\n'),
  }),
)

/** A quoted value of the grammar. */
const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** A step with parameters that its transform takes. */
const step: fc.Arbitrary<string> = fc
  .record({
    transform: fc.constantFrom(...transforms),
    given: fc.array(fc.record({ option: fc.nat(), value, times: fc.integer({ min: 1, max: 3 }) }), { maxLength: 4 }),
    ignoreErrors: fc.boolean(),
  })
  .map(({ transform, given, ignoreErrors }) => {
    const options = Object.entries(transform.options) as [string, Option<unknown>][]
    const parameters = ignoreErrors ? ['ignore_errors=true'] : []
    const seen = new Set<string>()
    for (const each of given) {
      const [name, option] = options[each.option % Math.max(options.length, 1)] ?? []
      if (!name || !option || seen.has(name) || !takes(option, each.value)) continue
      seen.add(name)
      for (let time = 0; time < (option.repeatable ? each.times : 1); time++) {
        parameters.push(`${name}=${quoted(each.value)}`)
      }
    }
    for (const [name, option] of options) {
      if (option.required && !seen.has(name)) parameters.push(`${name}=needed`)
    }
    return parameters.length ? `${transform.name}(${parameters.join(', ')})` : transform.name
  })

function takes(option: Option<unknown>, text: string): boolean {
  try {
    option.parse([text])
    return true
  } catch (error) {
    if (error instanceof BadValue) return false
    throw error
  }
}

const separator = fc.constantFrom(',', ' ', ';', '+', '\n', ' \\\n ', ', ')
const chain: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.oneof(step, fc.constantFrom(...Object.keys(presets))), separator), { minLength: 1, maxLength: 4 })
  .map((items) => items.map(([item, between]) => item + between).join(''))

describe('a chain', () => {
  test('is read as it was written', () => {
    const property = fc.property(chain, (text) => {
      const steps = parseChain(text)
      const printed = printChain(steps)
      expect(printChain(parseChain(printed))).toEqual(printed)
      expect(parseChain(printed).map((each) => each.options)).toEqual(steps.map((each) => each.options))
    })
    fc.assert(property, { seed, numRuns: 500 })
  })

  test('of any text is read or refused with an error that a user can read', () => {
    const words = [
      ...transforms.map((transform) => transform.name),
      ...Object.keys(presets),
      'op',
      'shape',
      'num_steps',
    ]
    const pieces = fc.array(
      fc.oneof(fc.constantFrom(...words, '(', ')', '=', ',', '"', "'", '-', '“', '\\', '\n', '1', ' '), fc.string()),
      { maxLength: 8 },
    )
    const property = fc.property(pieces, (text) => {
      try {
        printChain(parseChain(text.join('')))
      } catch (error) {
        if (!(error instanceof GraphdefError)) throw error
      }
    })
    fc.assert(property, { seed, numRuns: 1000 })
  })

  test.each(transforms)('of the generator of $name can be read', ({ name }) => {
    for (const fuzzCase of fc.sample(generators[name]!, { seed, numRuns: 20 })) {
      expect(parseChain(fuzzCase.chain).length).toBeGreaterThan(0)
    }
  })
})

const names = fc.array(fc.stringMatching(/^[A-Za-z0-9._/&=%+? -]{0,5}[a-z]$/), { minLength: 1, maxLength: 3 })

describe('a request', () => {
  test('is read as it was written, also in its canonical form', () => {
    const asked = fc.record(
      {
        optimize: chain,
        inputs: names.map((each) => each.map((name) => name.trim()).join(',')),
        outputs: names.map((each) => each.map((name) => name.trim()).join(',')),
        format: fc.constantFrom('graphdef', 'memmapped'),
        inline: fc.constantFrom('', 'true', 'false'),
      },
      { requiredKeys: ['optimize'] },
    )
    const property = fc.property(asked, (given) => {
      const query = Object.entries(given)
        .map(([key, text]) => `${key}=${encodeURIComponent(text)}`)
        .join('&')
      const request = parseRequest(query)
      expect(isModelQuery(query)).toBe(true)
      expect(request.inputs?.join(',')).toBe(given.inputs)
      expect(request.outputs?.join(',')).toBe(given.outputs)
      expect(printChain(request.chain)).toEqual(printChain(parseChain(given.optimize)))
      const canonical = canonicalQuery(`import&t=1&${query}`)
      expect(canonicalQuery(canonical)).toBe(canonical)
      expect(printRequest(parseRequest(canonical))).toBe(printRequest(request))
      expect(printRequest(parseRequest(query))).toBe(printRequest(request))
    })
    fc.assert(property, { seed, numRuns: 500 })
  })

  test('of any text is read or refused with an error that a user can read', () => {
    const property = fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom('optimize', '=', '&', 'inputs', 'outputs', 'deploy', '%', '%2', 'format'),
          fc.string(),
        ),
      ),
      (text) => {
        try {
          printRequest(parseRequest(text.join('')))
        } catch (error) {
          if (!(error instanceof GraphdefError)) throw error
        }
      },
    )
    fc.assert(property, { seed, numRuns: 1000 })
  })
})
