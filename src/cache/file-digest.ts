import { createHash } from 'node:crypto'
import { readChunks } from './read-chunks.js'

/**
 * SHA-256 of a file, in hexadecimal digits.
 * @throws what the file system throws where the file cannot be read
 */
export function fileDigest(file: string): string {
  const hash = createHash('sha256')
  readChunks(file, (piece) => hash.update(piece))
  return hash.digest('hex')
}
