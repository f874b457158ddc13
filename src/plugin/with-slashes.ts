import { sep } from 'node:path'

/** A path with slashes, as imports and URLs have them. Where paths have them anyway, a backslash is a part of a name. */
export function withSlashes(path: string, separator: string = sep): string {
  return separator === '\\' ? path.replaceAll('\\', '/') : path
}
