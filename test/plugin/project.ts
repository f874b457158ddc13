import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A small app in a folder of its own. */
export interface Project {
  root: string
  write(file: string, text: string | Uint8Array): void
  copy(from: string, to: string): void
  read(file: string): Buffer
  /** The names of a folder's files, sorted; none where there is no such folder. */
  list(folder: string): string[]
  /** A folder of the project as one of its own. */
  in(folder: string): Project
  remove(): void
}

export function makeProject(files: Record<string, string | Uint8Array> = {}): Project {
  const project = projectAt(realpathSync(mkdtempSync(join(tmpdir(), 'graphdef-app-'))))
  for (const [file, text] of Object.entries(files)) project.write(file, text)
  return project
}

/** The app in a folder, by the path that is given. */
export function projectAt(root: string): Project {
  return {
    root,
    write(file, text) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    },
    copy(from, to) {
      mkdirSync(dirname(join(root, to)), { recursive: true })
      copyFileSync(from, join(root, to))
    },
    read: (file) => readFileSync(join(root, file)),
    list(folder) {
      try {
        return readdirSync(join(root, folder)).sort()
      } catch {
        return []
      }
    },
    in: (folder) => projectAt(join(root, folder)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
