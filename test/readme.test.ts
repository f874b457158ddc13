import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { regenerate, sectionNames } from './documentation.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it('has the tables that the code gives (npm test -- test/readme.test.ts -u writes them)', async () => {
    await expect(regenerate(readme)).toMatchFileSnapshot('../README.md')
  })

  it('has every table', () => {
    for (const name of sectionNames) expect(readme).toContain(`<!-- generated: ${name} -->`)
  })

  it('would be found out of date', () => {
    expect(regenerate(readme.replace('| `optimize` |', '| `optimise` |'))).toBe(regenerate(readme))
    expect(() => regenerate('<!-- generated: nothing -->\n<!-- /generated -->')).toThrow(
      'nothing generates the section "nothing"',
    )
  })
})
