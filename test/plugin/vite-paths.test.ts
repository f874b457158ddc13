import { posix, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkServable } from '../../src/plugin/hosts/vite-paths.js'

describe("a file of Vite's dev server", () => {
  it.each([
    ['/a#1 50%/app', '/a#1 50%/app/größe [1]/net@2x.pb', posix],
    ['/app', '/models/x.pb', posix],
    ['C:/a#1/app', 'C:/a#1/app/src/x.pb', win32],
    ['C:/app', 'D:/models/x.pb', win32],
  ])('can be served where its URL has neither # nor %%: root %s, file %s', (root, file, platform) => {
    expect(() => checkServable(file, root, platform)).not.toThrow()
  })

  it.each([
    ['/app', '/app/#1/x.pb', '#', posix],
    ['/app', '/app/50%.pb', '%', posix],
    ['/a#1/app', '/a#1/models/x.pb', '#', posix],
    ['C:/app', 'D:/50%/x.pb', '%', win32],
  ])('is refused otherwise: root %s, file %s', (root, file, mark, platform) => {
    expect(() => checkServable(file, root, platform)).toThrow(
      `Vite's dev server finds no file with "${mark}" in its path, though a build does
  file: ${file}
  Rename the file, or the folder that has the "${mark}" in its name.`,
    )
  })
})
