import { readdirSync } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { openModel } from '../disk/open-model.js'
import { replaceFile, unwritable } from '../disk/replace-file.js'
import { writeSlices } from '../disk/write-slices.js'
import { didYouMean, GraphdefError } from '../errors.js'

/** Models have one of these in their names. */
const modelName = /\.(?:pb|pbtxt|pbmm|mmpb)\b/

/**
 * A model's file, of which only what is asked for is read. It stays open as long as the process lives.
 * @throws GraphdefError `file-not-found`
 */
export function readModelFile(file: string): Uint8Array {
  try {
    return openModel(file).bytes
  } catch (error) {
    throw unreadable(file, error as NodeJS.ErrnoException)
  }
}

function unreadable(file: string, cause: NodeJS.ErrnoException): GraphdefError {
  if (cause.code === 'EISDIR') {
    const models = modelsIn(file)
    return new GraphdefError('file-not-found', {
      what: 'this is a folder, not a model',
      file,
      remedy: models.length ? `Name one of the models in it: ${listed(models)}.` : 'Name the .pb file in it.',
      cause,
    })
  }
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
    const what = `the file cannot be read (${cause.code ?? cause.message})`
    return new GraphdefError('file-not-found', { what, file, remedy: 'Look at its permissions.', cause })
  }
  const models = modelsIn(dirname(file))
  const there = models.length ? `Models in that folder: ${listed(models)}.` : 'There is no model in that folder.'
  return new GraphdefError('file-not-found', {
    what: 'there is no such file',
    file,
    remedy: [didYouMean(basename(file), models), there].filter(Boolean).join('\n'),
    cause,
  })
}

function modelsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => modelName.test(name))
      .sort()
  } catch {
    return []
  }
}

/** The first few names of a folder that may hold hundreds. */
function listed(names: readonly string[]): string {
  const most = 8
  return names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '')
}

/**
 * Writes a file whole or not at all: to a temporary name beside it, which then takes its place. What is no plain file, such as
 * /dev/null, is written to.
 * @throws GraphdefError `cannot-write`; a file that was there before is as it was
 */
export async function writeModelFile(file: string, slices: readonly Uint8Array[]): Promise<void> {
  try {
    const existing = await stat(file).catch(() => undefined)
    if (existing?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
    if (existing && !existing.isFile()) await writeTo(file, 'w', slices)
    else {
      await replaceFile(existing ? await realpath(file) : file, (temporary) =>
        writeTo(temporary, 'wx', slices, existing?.mode),
      )
    }
  } catch (error) {
    throw unwritable(file, error as NodeJS.ErrnoException)
  }
}

async function writeTo(file: string, flags: string, slices: readonly Uint8Array[], mode?: number): Promise<void> {
  const handle = await open(file, flags, mode)
  try {
    await writeSlices(handle, slices)
  } finally {
    await handle.close()
  }
}
