import { GraphdefError } from '../errors.js'
import type { SideFileKind } from '../transforms/options.js'
import type { Step } from './parse.js'

/** A file beside the model that a chain names. */
export interface SideFile {
  /** The transform and its option that name it. */
  transform: string
  option: string
  /** As written. */
  path: string
  kind: SideFileKind
}

/** Gives the content of a file that a chain names, by its path as written. Throws a GraphdefError where it cannot. */
export type ReadFile = (path: string) => Uint8Array

/** The files that the steps name, in order. */
export function sideFilesOf(steps: readonly Step[]): SideFile[] {
  const files: SideFile[] = []
  for (const { transform, options } of steps) {
    for (const [option, { sideFile: kind, print }] of Object.entries(transform.options)) {
      if (!kind) continue
      for (const path of print(options[option])) files.push({ transform: transform.name, option, path, kind })
    }
  }
  return files
}

/** The file that must be there: of a checkpoint its index, which tells of the others. */
export function mainPath({ path, kind }: SideFile): string {
  return kind === 'checkpoint' ? `${path}.index` : path
}

/** For a run without a file system. */
export const noFiles: ReadFile = (path) => {
  throw new GraphdefError('file-not-found', {
    what: 'the chain names a file, and its content was not given',
    file: path,
    remedy: 'Give optimize() the option readFile: it gets the path as written and returns the bytes.',
  })
}
