import { createHash } from 'node:crypto'

/** Raised when what an entry holds, or how, changes. */
const layoutVersion = 2

export interface KeyParts {
  /** The version of this package: another one may optimise differently. */
  packageVersion: string
  /** The canonical request, see `printRequest`. */
  request: string
  /** The name the file gets, which hosts make the asset's name of. */
  fileName: string
  /** SHA-256 of the source. */
  sourceDigest: string
  /** The files that the chain names: paths as written, and SHA-256 of the content, null where there is no file. */
  sideFiles: readonly (readonly [path: string, digest: string | null])[]
}

/** The key of a result: 32 hexadecimal digits of the hash of all it depends on, and of nothing else. */
export function cacheKey({ packageVersion, request, fileName, sourceDigest, sideFiles }: KeyParts): string {
  return createHash('sha256')
    .update(JSON.stringify([layoutVersion, packageVersion, request, fileName, sourceDigest, sideFiles]))
    .digest('hex')
    .slice(0, 32)
}

export const keyPattern: RegExp = /^[0-9a-f]{32}$/
