import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { presets } from '../../src/transforms/presets.js'
import { findTransform, transforms } from '../../src/transforms/registry.js'

const folder = fileURLToPath(new URL('.', import.meta.url))
const cases = (transform: string): string[] => {
  const path = `${folder}cases/${transform}`
  return existsSync(path) ? readdirSync(path).map((file) => file.replace(/\.txt$/, '')) : []
}
/** The titles of the tests of this folder, for differences that no golden case can show. */
const titles = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) => [...readFileSync(folder + file, 'utf8').matchAll(/\btest\('([^']+)'/g)].map((found) => found[1]!))

describe.each(transforms)('$name', (transform) => {
  test('has a summary that continues its name', () => {
    expect(transform.summary).toMatch(/^[a-z].*[^.]$/)
  })

  test('documents its options', () => {
    for (const [name, option] of Object.entries(transform.options)) {
      expect(name).toMatch(/^[a-z_]+$/)
      expect(option.help).toMatch(/\S.*[^.]$/)
      expect(option.kind).not.toBe('')
    }
  })

  test('has golden cases', () => {
    expect(cases(transform.name)).not.toEqual([])
  })

  test('shows each difference from the historical tool in a test', () => {
    const known = [...cases(transform.name), ...titles]
    for (const difference of transform.differences) {
      expect(known).toContain(difference.test)
      expect(difference.historical).not.toBe('')
      expect(difference.here).not.toBe('')
    }
  })

  test('is found by its name', () => {
    expect(findTransform(transform.name)).toBe(transform)
  })
})

test('every folder of cases belongs to a transform', () => {
  const names = transforms.map((transform) => transform.name)
  for (const name of readdirSync(`${folder}cases`)) expect(names).toContain(name)
})

test('names are unique', () => {
  expect(new Set(transforms.map((transform) => transform.name)).size).toBe(transforms.length)
})

test.each(Object.keys(presets))('the preset %s can be read', (name) => {
  expect(parseChain(name).length).toBeGreaterThan(0)
})

test('round_weights takes num_steps from 1 up', () => {
  expect(() => parseChain('round_weights(num_steps=0)')).toThrow(
    'the parameter num_steps of round_weights is wrong: 0 is less than 1',
  )
})

test('quantize_weights takes minimum_size from 0 up', () => {
  expect(() => parseChain('quantize_weights(minimum_size=-1)')).toThrow(
    'the parameter minimum_size of quantize_weights is wrong: -1 is less than 0',
  )
})
