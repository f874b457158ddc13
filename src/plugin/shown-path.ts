import { realpathSync } from 'node:fs'
import path, { type PlatformPath } from 'node:path'
import { withSlashes } from './with-slashes.js'

/**
 * A file as messages and the types show it: from the project's root, with slashes. Hosts follow links, so that the root may be
 * known by another name than its files: a file below either is shown as below the root.
 *
 * @param platform the rules for paths, those of this system where not given
 */
export function shownPath(root: string, file: string, platform: PlatformPath = path): string {
  const [plain, followed] = [root, realPath(root)].map((folder) => platform.relative(folder, file)) as [string, string]
  const isBelow = (below: string): boolean => !/^\.\.(?:[\\/]|$)/.test(below) && !platform.isAbsolute(below)
  const shown = !isBelow(plain) && isBelow(followed) ? followed : plain
  return withSlashes(shown, platform.sep)
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
