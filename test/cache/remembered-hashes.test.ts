import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RememberedHashes, rememberedPattern } from '../../src/cache/remembered-hashes.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphdef-hashes-'))
  file = join(folder, 'x.pb')
  writeFileSync(file, 'the model')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const later = (): number => Date.now() + 10_000
const memory = (options: { largeFile?: number; now?: () => number } = {}): RememberedHashes =>
  new RememberedHashes(() => folder, { largeFile: 1, now: later, ...options })

/** Asks for the hash as another process would; says whether the file was read. */
function isRead(hashes = memory(), answer = 'hash'): boolean {
  const compute = vi.fn(() => answer)
  expect(hashes.of(file, 'source', compute)).toBe(answer)
  return compute.mock.calls.length > 0
}

/** Writes other bytes of the same number, until the disk's clock has gone on. */
function change(to: string): void {
  const { ctimeNs } = statSync(file, { bigint: true })
  do writeFileSync(file, to)
  while (statSync(file, { bigint: true }).ctimeNs === ctimeNs)
}

it('reads a large file once', () => {
  expect(isRead()).toBe(true)
  expect(isRead()).toBe(false)
  expect(readdirSync(folder).filter((name) => rememberedPattern.test(name))).toHaveLength(1)
  expect(memory().of(file, 'entry', () => 'another hash')).toBe('another hash')
})

it('reads it again when it has changed, though size and time of the content are the same', () => {
  const { atime, mtime } = statSync(file)
  isRead()
  change('the m0del')
  utimesSync(file, atime, mtime)
  expect(isRead(memory(), 'new hash')).toBe(true)
  expect(isRead(memory(), 'new hash')).toBe(false)
})

it('reads it again when another file has its name', () => {
  isRead()
  writeFileSync(join(folder, 'y.pb'), 'the m0del')
  renameSync(join(folder, 'y.pb'), file)
  expect(isRead(memory(), 'new hash')).toBe(true)
})

it('remembers nothing of a small file', () => {
  isRead(memory({ largeFile: 10 }))
  expect(isRead(memory({ largeFile: 10 }))).toBe(true)
  expect(readdirSync(folder)).toEqual(['x.pb'])
})

it('remembers nothing of a file that has just changed: the next change may have the same time', () => {
  const soon = (): number => Number(statSync(file).ctimeMs) + 1000
  isRead(memory({ now: soon }))
  expect(isRead(memory({ now: soon }))).toBe(true)
})

it('remembers nothing of a file that changes while it is read', () => {
  const hash = memory().of(file, 'source', () => {
    change('the m0del')
    return 'hash of both'
  })
  expect(hash).toBe('hash of both')
  expect(isRead()).toBe(true)
})

it('forgets, and takes what it cannot read for nothing', () => {
  isRead()
  memory().forget(file, 'source')
  expect(isRead()).toBe(true)
  const [name] = readdirSync(folder).filter((each) => rememberedPattern.test(each))
  writeFileSync(join(folder, name!), '{"stamp":')
  expect(isRead()).toBe(true)
})

it('leaves a missing file, and a folder that is not there, to whoever reads and writes', () => {
  const missing = (): string => {
    throw new Error('there is no such file')
  }
  expect(() => memory().of(join(folder, 'no.pb'), 'source', missing)).toThrow('there is no such file')
  const nowhere = new RememberedHashes(() => join(folder, 'gone'), { largeFile: 1, now: later })
  expect(isRead(nowhere)).toBe(true)
  expect(isRead(nowhere)).toBe(true)
})
