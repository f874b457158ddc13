import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hardLink } from '../../src/cache/hard-link.js'
import { cacheKey, type KeyParts, keyPattern } from '../../src/cache/key.js'
import { RememberedHashes } from '../../src/cache/remembered-hashes.js'
import { ModelStore, type NewEntry } from '../../src/cache/store.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphdef-store-'))
})
afterEach(() => {
  chmodSync(folder, 0o755)
  rmSync(folder, { recursive: true, force: true })
})

function entryOf(text: string): NewEntry {
  const bytes = new TextEncoder().encode(text)
  return {
    bytes: [bytes.subarray(0, 3), bytes.subarray(3)],
    manifest: {
      format: 'graphdef',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      inputs: {},
      outputs: {},
      ops: [],
      chain: [],
      api: 'execute',
    },
    report: { source: { kind: 'graphdef', bytes: 9, nodes: 1 }, steps: [], inputs: [], outputs: [], milliseconds: 5 },
    gzipBytes: 7,
  }
}

const key = (text: string): string =>
  cacheKey({ packageVersion: '1', request: 'r', fileName: 'x.pb', sourceDigest: text, sideFiles: [] })

describe('the key', () => {
  it('changes with everything the result depends on', () => {
    const parts: KeyParts = { packageVersion: '1', request: 'r', fileName: 'x.pb', sourceDigest: '1', sideFiles: [] }
    const keys = [
      parts,
      { ...parts, packageVersion: '2' },
      { ...parts, request: 's' },
      { ...parts, fileName: 'y.pb' },
      { ...parts, sourceDigest: '2' },
      { ...parts, sideFiles: [['ranges.log', '1']] as const },
      { ...parts, sideFiles: [['ranges.log', '2']] as const },
      { ...parts, sideFiles: [['ranges.log', null]] as const },
    ].map(cacheKey)
    expect(new Set(keys).size).toBe(8)
    for (const one of keys) expect(one).toMatch(keyPattern)
    expect(cacheKey({ ...parts, sourceDigest: '1' })).toBe(keys[0])
  })
})

describe('the store', () => {
  it('gives on a hit exactly what a miss gave', async () => {
    const made = await new ModelStore({ folder }).getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))
    const again = await new ModelStore({ folder }).getOrMake(key('a'), 'x.pb', async () => {
      throw new Error('made again')
    })
    expect(made.hit).toBe(false)
    expect(again).toEqual({ ...made, hit: true })
    expect(readFileSync(again.file, 'utf8')).toBe('the bytes')
    expect(readdirSync(folder)).toEqual([key('a')])
  })

  it('shares the work of requests for one key at one time', async () => {
    let made = 0
    const store = new ModelStore({ folder })
    const make = async (): Promise<NewEntry> => {
      made++
      return entryOf('x bytes')
    }
    const entries = await Promise.all([1, 2, 3].map(() => store.getOrMake(key('a'), 'x.pb', make)))
    expect(made).toBe(1)
    expect(new Set(entries.map((entry) => entry.file)).size).toBe(1)
  })

  it('lets several stores make one entry at once', async () => {
    const entries = await Promise.all(
      [1, 2, 3, 4, 5].map(() => new ModelStore({ folder }).getOrMake(key('a'), 'x.pb', async () => entryOf('x bytes'))),
    )
    for (const entry of entries) expect(readFileSync(entry.file, 'utf8')).toBe('x bytes')
    expect(readdirSync(folder)).toEqual([key('a')])
  })

  it.each([
    ['the model is cut', (entry: string) => writeFileSync(join(entry, 'x.pb'), 'the')],
    ['a byte of the model differs', (entry: string) => writeFileSync(join(entry, 'x.pb'), 'the byteX')],
    ['the model is gone', (entry: string) => rmSync(join(entry, 'x.pb'))],
    ['the facts are cut', (entry: string) => writeFileSync(join(entry, 'entry.json'), '{"manifest"')],
    ['the facts are gone', (entry: string) => rmSync(join(entry, 'entry.json'))],
  ])('makes an entry again where %s', async (_, damage) => {
    await new ModelStore({ folder }).getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))
    damage(join(folder, key('a')))
    const entry = await new ModelStore({ folder }).getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))
    expect(entry.hit).toBe(false)
    expect(readFileSync(entry.file, 'utf8')).toBe('the bytes')
  })

  it('finds damage in a large model, whose checksum it remembers', async () => {
    const store = (): ModelStore => new ModelStore({ folder, largeFile: 1 })
    const { file } = await store().getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))
    const later = new RememberedHashes(() => folder, { largeFile: 1, now: () => Date.now() + 10_000 })
    later.of(file, 'entry', () => 'the checksum of another file')
    expect(store().find(key('a'), 'x.pb')).toBeUndefined()
    expect((await store().getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))).hit).toBe(false)
    expect(store().find(key('a'), 'x.pb')?.file).toBe(file)
  })

  it('makes an entry again where the whole folder is gone', async () => {
    const store = new ModelStore({ folder })
    await store.getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))
    rmSync(folder, { recursive: true })
    const entry = await store.getOrMake(key('a'), 'x.pb', async () => entryOf('the bytes'))
    expect(readFileSync(entry.file, 'utf8')).toBe('the bytes')
    expect(readdirSync(folder)).toEqual([key('a')])
  })

  it('leaves nothing behind when making fails', async () => {
    const store = new ModelStore({ folder })
    const failing = store.getOrMake(key('a'), 'x.pb', async () => {
      throw new Error('no such op')
    })
    await expect(failing).rejects.toThrow('no such op')
    expect(readdirSync(folder)).toEqual([])
    expect((await store.getOrMake(key('a'), 'x.pb', async () => entryOf('x bytes'))).hit).toBe(false)
  })

  it('works in a temporary folder where its own cannot be made, or has a path that the host cannot take, and says so', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    for (const [wished, reason] of [
      [join(file, 'cache'), /^(?:ENOTDIR|EEXIST|ENOENT)$/],
      [join(folder, 'a#b'), /^this bundler takes no path with "#"$/],
    ] as const) {
      const store = new ModelStore({ folder: wished, unfit: /[#?]/ })
      const entry = await store.getOrMake(key('a'), 'x.pb', async () => entryOf('x bytes'))
      expect(readFileSync(entry.file, 'utf8')).toBe('x bytes')
      expect((await store.getOrMake(key('a'), 'x.pb', async () => entryOf('x bytes'))).hit).toBe(true)
      expect(entry.file.startsWith(folder)).toBe(false)
      const [, told] = /^the cache cannot be in .* \((.*)\): nothing is kept for the next build$/.exec(
        store.tellUnused()!,
      )!
      expect(told).toMatch(reason)
      expect(store.tellUnused()).toBeUndefined()
      rmSync(store.folder(), { recursive: true })
    }
    const own = new ModelStore({ folder: join(folder, 'a#b') })
    expect(own.folder()).toBe(join(folder, 'a#b'))
    expect(own.tellUnused()).toBeUndefined()
  })

  it('sweeps what is old, what is beyond its size and what was left half-made, never what is in use', async () => {
    const store = new ModelStore({ folder, maxAgeDays: 10, maxBytes: 2500 })
    for (const [name, daysAgo] of [
      ['old', 11],
      ['recent', 1],
      ['older', 2],
    ] as const) {
      await new ModelStore({ folder }).getOrMake(key(name), 'x.pb', async () => entryOf(name.padEnd(1000)))
      const time = Date.now() / 1000 - daysAgo * 86400
      utimesSync(join(folder, key(name), 'entry.json'), time, time)
    }
    for (const name of ['making-left', 'making-new']) mkdirSync(join(folder, name))
    utimesSync(join(folder, 'making-left'), 0, 0)
    const remembered = ['1', '2'].map((digit) => `hash-${digit.repeat(32)}.json`)
    for (const name of remembered) writeFileSync(join(folder, name), '{}')
    utimesSync(join(folder, remembered[0]!), 0, 0)
    await store.getOrMake(key('used'), 'x.pb', async () => entryOf('used'.padEnd(5000)))
    await store.sweep()
    expect(readdirSync(folder).sort()).toEqual([key('recent'), key('used'), 'making-new', remembered[1]].sort())
  })
  it('counts a file that has two names once when it sweeps', async () => {
    const { file } = await new ModelStore({ folder }).getOrMake(key('a'), 'x.pb', async () => entryOf('a'.padEnd(1000)))
    hardLink(file, 'x-1.pb')
    await new ModelStore({ folder, maxBytes: 2000 }).sweep()
    expect(readdirSync(join(folder, key('a'))).sort()).toEqual(['entry.json', 'x-1.pb', 'x.pb'])
    await new ModelStore({ folder, maxBytes: 1000 }).sweep()
    expect(readdirSync(folder)).toEqual([])
  })
})
