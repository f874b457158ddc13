import { copyFileSync, linkSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Gives a file of the cache a second name in its folder, for hosts that make an asset's name of it: a hard link, or a copy on a
 * disk that has none.
 * @returns the path under that name
 */
export function hardLink(file: string, name: string): string {
  const folder = dirname(file)
  const path = join(folder, name)
  if (isSameFile(file, path)) return path
  // Put in place whole, since another process may be building from the same entry.
  const making = mkdtempSync(join(folder, 'making-'))
  try {
    const made = join(making, name)
    try {
      linkSync(file, made)
    } catch {
      copyFileSync(file, made)
    }
    renameSync(made, path)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return path
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }))
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}
