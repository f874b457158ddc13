import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Step } from '../chain/parse.js'
import { mainPath, type SideFile, sideFilesOf } from '../chain/side-files.js'
import { namesIn } from '../disk/names-in.js'
import { didYouMean, GraphdefError } from '../errors.js'
import { fileDigest } from './file-digest.js'

/** Thrown where somebody writes a file between hashing and reading it: then both are done again. */
export class FileChanged extends Error {}

const dataFile = /\.data-\d{5}-of-\d{5}$/

/** Finds, hashes and reads the files that a chain names. */
export class SideFileReader {
  readonly #folder: string
  /** Each file that may be read, with what named it. A checkpoint is its index and all data files beside it. */
  readonly #files = new Map<string, SideFile>()
  readonly #contents = new Map<string, Uint8Array>()
  readonly #digests = new Map<string, string | null>()

  /** @param folder where relative paths start */
  constructor(chain: readonly Step[], folder: string) {
    this.#folder = folder
    for (const named of sideFilesOf(chain)) {
      this.#files.set(mainPath(named), named)
      if (named.kind === 'checkpoint') for (const path of this.#dataFiles(named.path)) this.#files.set(path, named)
    }
  }

  /** The files' places, also of those that are not there: what to watch. */
  get places(): string[] {
    return [...this.#files.keys()].map((path) => this.#at(path))
  }

  /** For the cache's key: each path as written, and SHA-256 of the content; null where there is no such file. */
  digests(): [path: string, digest: string | null][] {
    for (const path of this.#files.keys()) {
      if (!this.#digests.has(path)) this.#digests.set(path, this.#digestOf(path))
    }
    return [...this.#digests]
  }

  /**
   * The content of a file that the chain names.
   * @throws GraphdefError `file-not-found` with the path tried; {@link FileChanged} where it is not what was hashed
   */
  readonly read = (path: string): Uint8Array => {
    const known = this.#contents.get(path)
    if (known) return known
    const content = this.#contentOf(path)
    const digest = this.#digests.get(path)
    if (digest !== undefined && digest !== createHash('sha256').update(content).digest('hex')) throw new FileChanged()
    this.#contents.set(path, content)
    return content
  }

  #at(path: string): string {
    return resolve(this.#folder, path)
  }

  #dataFiles(prefix: string): string[] {
    const start = `${basename(prefix)}.data-`
    return namesIn(dirname(this.#at(prefix)))
      .filter((name) => name.startsWith(start) && dataFile.test(name))
      .sort()
      .map((name) => prefix + name.slice(basename(prefix).length))
  }

  #digestOf(path: string): string | null {
    try {
      return fileDigest(this.#at(path))
    } catch {
      return null
    }
  }

  #contentOf(path: string): Uint8Array {
    try {
      const buffer = readFileSync(this.#at(path))
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
    } catch (error) {
      throw unreadable(this.#files.get(path), path, this.#at(path), error as NodeJS.ErrnoException)
    }
  }
}

function unreadable(
  named: SideFile | undefined,
  path: string,
  place: string,
  cause: NodeJS.ErrnoException,
): GraphdefError {
  const isCheckpoint = named?.kind === 'checkpoint' || dataFile.test(path)
  const what = named
    ? `the ${isCheckpoint ? 'checkpoint' : 'file'} that ${named.option} names`
    : 'a file of the checkpoint'
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
    return new GraphdefError('file-not-found', {
      what: `${what} cannot be read (${cause.code ?? cause.message})`,
      file: place,
      remedy: cause.code === 'EISDIR' ? 'This is a folder; name a file in it.' : 'Look at its permissions and size.',
      cause,
    })
  }
  return new GraphdefError('file-not-found', {
    what: `${what} is not there`,
    file: place,
    remedy: isCheckpoint ? checkpointRemedy(place) : fileRemedy(place),
    cause,
  })
}

function fileRemedy(place: string): string {
  return didYouMean(basename(place), namesIn(dirname(place))) ?? startOfPaths
}

function checkpointRemedy(place: string): string {
  if (dataFile.test(place)) return 'A checkpoint needs all its data files: copy those that are missing.'
  const prefix = place.replace(/\.index$/, '')
  const names = namesIn(dirname(place))
  const whole = basename(prefix).replace(/\.(?:index|meta|data-\d{5}-of-\d{5})$/, '')
  if (whole !== basename(prefix) && names.includes(`${whole}.index`)) {
    return `Name the checkpoint without the end of its files' names: "${whole}".`
  }
  if (names.includes(basename(prefix))) {
    return 'A checkpoint of TensorFlow before 1.0 is one file, which is not read here: restore it and save it again.'
  }
  const prefixes = names.filter((name) => name.endsWith('.index')).map((name) => name.slice(0, -'.index'.length))
  return didYouMean(basename(prefix), prefixes) ?? startOfPaths
}

const startOfPaths =
  "Look at the path: a relative one starts at the model's folder in an import, at the current folder on the command line."
