import { randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { GraphdefError } from '../errors.js'

/**
 * Makes a file whole or not at all: `write` makes it under a temporary name beside it, which then takes its place.
 */
export async function replaceFile(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await write(temporary)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

const remedies: Record<string, string> = {
  ENOENT: 'Its folder does not exist: make it first.',
  ENOTDIR: 'Its folder does not exist: make it first.',
  EISDIR: 'This is a folder; name a file in it.',
  EEXIST: 'What should be a folder is a file; name another one.',
  ENOSPC: 'The disk is full.',
}

/** The error of a file that cannot be written. */
export function unwritable(file: string, cause: NodeJS.ErrnoException): GraphdefError {
  return new GraphdefError('cannot-write', {
    what: `the result cannot be written (${cause.code ?? cause.message})`,
    file,
    remedy: remedies[cause.code ?? ''] ?? "Look at the folder's permissions.",
    cause,
  })
}
