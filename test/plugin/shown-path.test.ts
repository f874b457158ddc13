import { symlinkSync } from 'node:fs'
import { join, posix, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shownPath } from '../../src/plugin/shown-path.js'
import { makeProject } from './project.js'

describe('a file as it is shown', () => {
  it('is a path from the root, through whichever of its names the file is known', () => {
    const project = makeProject({ 'app/src/x.pb': '' })
    try {
      const link = join(project.root, 'link')
      symlinkSync(join(project.root, 'app'), link, 'junction')
      const file = join(project.root, 'app/src/x.pb')
      for (const root of [link, join(project.root, 'app')]) expect(shownPath(root, file)).toBe('src/x.pb')
      expect(shownPath(link, join(link, '..x.pb'))).toBe('..x.pb')
      expect(shownPath(join(project.root, 'app'), join(project.root, 'x.pb'))).toBe('../x.pb')
      expect(shownPath(join(project.root, 'gone'), file)).toBe('../app/src/x.pb')
    } finally {
      project.remove()
    }
  })

  it('has slashes on Windows too, and stays whole on another drive or server', () => {
    expect(shownPath('C:\\app', 'c:\\app\\src\\größe #1.pb', win32)).toBe('src/größe #1.pb')
    expect(shownPath('C:\\app', 'C:/app/src/x.pb', win32)).toBe('src/x.pb')
    expect(shownPath('C:\\app', 'D:\\models\\x.pb', win32)).toBe('D:/models/x.pb')
    expect(shownPath('C:\\app', '\\\\server\\share\\x.pb', win32)).toBe('//server/share/x.pb')
    expect(shownPath('\\\\server\\share\\app', '\\\\server\\share\\app\\x.pb', win32)).toBe('x.pb')
  })

  it('keeps a backslash where it is a part of a name', () => {
    expect(shownPath('/app', '/app/a\\b.pb', posix)).toBe('a\\b.pb')
  })
})
