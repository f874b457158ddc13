import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hosts } from './matrix.js'

describe('the hosts', () => {
  it('have every entry of the package among them', () => {
    const entries = readdirSync(new URL('../../src', import.meta.url))
      .filter((name) => name.endsWith('.ts') && !['index.ts', 'errors.ts', 'optimize.ts', 'version.ts'].includes(name))
      .map((name) => name.replace('.ts', ''))
    const tested = new Set(Object.keys(hosts).map((name) => name.split(' ')[0]!.toLowerCase()))
    expect(entries.filter((name) => !tested.has(name))).toEqual([])
  })
})
