import { existsSync } from 'node:fs'
import path, { join, type PlatformPath } from 'node:path'
import type { ResolvedConfig } from 'vite'
import { GraphdefError } from '../../errors.js'
import type { Source } from '../dev-server.js'

/** The file that Vite's dev server sends for a path, and how a module of the app would import it. */
export function sourceAt(path: string, { base, root, publicDir }: ResolvedConfig): Source | undefined {
  if (!path.startsWith(base)) return undefined
  const inside = `/${path.slice(base.length)}`
  if (inside.startsWith('/@fs/')) {
    const file = inside.slice('/@fs'.length).replace(/^\/(?=[A-Za-z]:\/)/, '')
    return existsSync(file) ? { file, specifier: inside } : undefined
  }
  if (publicDir && existsSync(join(publicDir, inside))) return { file: join(publicDir, inside) }
  return existsSync(join(root, inside)) ? { file: join(root, inside), specifier: inside } : undefined
}

/**
 * Checks that the page can ask Vite's dev server for a file: a URL of the server has its path from the root, or all of it where it
 * lies elsewhere. The server writes a `#` into it as it is, which begins a fragment then, and decodes a `%` twice.
 *
 * @param platform the rules for paths, those of this system where not given
 * @throws GraphdefError `file-not-found`
 */
export function checkServable(file: string, root: string, platform: PlatformPath = path): void {
  const fromRoot = platform.relative(root, file)
  const isBelow = !fromRoot.startsWith('..') && !platform.isAbsolute(fromRoot)
  const mark = /[#%]/.exec(isBelow ? fromRoot : file)?.[0]
  if (!mark) return
  throw new GraphdefError('file-not-found', {
    what: `Vite's dev server finds no file with "${mark}" in its path, though a build does`,
    file,
    remedy: `Rename the file, or the folder that has the "${mark}" in its name.`,
  })
}
