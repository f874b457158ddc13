import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { hardLink } from '../../src/cache/hard-link.js'

const disk = vi.hoisted(() => ({ hasLinks: true }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const linkSync: typeof fs.linkSync = (from, to) => {
    if (!disk.hasLinks) throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' })
    fs.linkSync(from, to)
  }
  return { ...fs, linkSync }
})

let folder: string
let file: string
beforeEach(() => {
  disk.hasLinks = true
  folder = mkdtempSync(join(tmpdir(), 'graphdef-link-'))
  file = join(folder, 'x.pb')
  writeFileSync(file, 'the bytes')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('gives a file a second name, once', () => {
  const path = hardLink(file, 'x-1.pb')
  expect(path).toBe(join(folder, 'x-1.pb'))
  expect(hardLink(file, 'x-1.pb')).toBe(path)
  expect(statSync(path).ino).toBe(statSync(file).ino)
  expect(readdirSync(folder).sort()).toEqual(['x-1.pb', 'x.pb'])
})

it('makes a copy on a disk without links, and makes it anew each time, since it may be damaged', () => {
  disk.hasLinks = false
  const path = hardLink(file, 'x-1.pb')
  expect(readFileSync(path, 'utf8')).toBe('the bytes')
  expect(statSync(path).ino).not.toBe(statSync(file).ino)
  writeFileSync(path, 'the')
  expect(readFileSync(hardLink(file, 'x-1.pb'), 'utf8')).toBe('the bytes')
  expect(readdirSync(folder).sort()).toEqual(['x-1.pb', 'x.pb'])
})

it('takes the place of a name that belongs to an older file', () => {
  writeFileSync(join(folder, 'x-1.pb'), 'older')
  expect(readFileSync(hardLink(file, 'x-1.pb'), 'utf8')).toBe('the bytes')
})
