import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hosts } from './matrix.js'

/** Entries and modules that are no host's. */
const others = ['config.ts', 'errors.ts', 'index.ts', 'optimize.ts', 'version.ts']

describe('the hosts', () => {
  it('have every entry of the package among them', () => {
    const entries = readdirSync(new URL('../../src', import.meta.url))
      .filter((name) => name.endsWith('.ts') && !others.includes(name))
      .map((name) => name.replace('.ts', ''))
    const tested = new Set(Object.keys(hosts).map((name) => name.split(' ')[0]!.toLowerCase()))
    expect(entries.filter((name) => !tested.has(name))).toEqual([])
  })
})
