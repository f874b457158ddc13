import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeWithModels, model, models, readIndex } from './models.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const kept = readIndex(here)

test('every kept model is the published file, and its recorded run is there', () => {
  const rows = JSON.parse(readFileSync(new URL('index.json', import.meta.url), 'utf8')) as {
    name: string
    sha256: string
  }[]
  expect(rows.length).toBe(161)
  for (const { name, sha256 } of rows) {
    const { path, feeds } = kept.find((entry) => entry.name === name)!
    expect(createHash('sha256').update(readFileSync(path)).digest('hex'), name).toBe(sha256)
    expect(feeds !== undefined && existsSync(feeds), name).toBe(true)
  }
})

test('README.md names the origin of every kept model', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  for (const { path } of kept) expect(readme).toContain(`| ${path.split('/').at(-1)} `)
})

test('inputs are the nodes that are fed, outputs drop port 0 only', () => {
  const entry = (name: string) => kept.find((candidate) => candidate.name === name)!
  expect(entry('faced_face_corrector').inputs).toEqual(['training', 'img'])
  expect(entry('faced_face_corrector').outputs).toEqual(['X', 'Y', 'W', 'H'])
  expect(entry('dl4j_add_n').inputs.length).toBe(2)
  expect(entry('dl4j_slogdet__rank2').outputs).toEqual(['LogMatrixDeterminant', 'LogMatrixDeterminant:1'])
})

test('graphs with random ops and those recorded as such are not deterministic', () => {
  const unsteady = kept.filter((entry) => !entry.deterministic).map((entry) => entry.name)
  expect(unsteady).toContain('ut_test_dropout')
  expect(unsteady).toContain('dl4j_random_uniform__rank3_float32')
  expect(unsteady).not.toContain('ut_deep_mlp')
})

test('an unknown model is an error', () => {
  expect(() => model('nobody')).toThrow('no model "nobody"')
})

describeWithModels('all models', 'all', (all) => {
  test('the folder beside the repository has 183, the kept ones among them', () => {
    expect(all.length).toBe(183)
    const names = new Set(all.map((entry) => entry.name))
    expect(kept.filter((entry) => !names.has(entry.name))).toEqual([])
    for (const entry of models()) expect(existsSync(entry.path), entry.name).toBe(true)
  })
})
