import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from 'vite'
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
