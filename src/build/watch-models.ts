import { existsSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { watch } from 'chokidar'
import { isDynamicPattern } from 'tinyglobby'
import { GraphdefError } from '../errors.js'
import { type BuildLog, ModelBuilder } from './build-models.js'
import { type SearchFolder, searchFolder } from './build-request.js'
import { isConfig, type LoadedConfig } from './load-config.js'
import { type ModelJob, type Plan, planModels } from './model-job.js'

/** A file that is written for some time is read when its size has been the same for so many milliseconds. */
const settleTime = 100

/**
 * Builds models, and builds them again when one of their files, or the configuration, changes; also models that come to match a
 * glob. Errors are told, and it goes on, until `stop`.
 *
 * @param load reads the configuration
 * @throws GraphdefError those of the first `load`, and `cannot-watch`
 */
export async function watchModels(
  load: () => Promise<LoadedConfig>,
  root: string,
  log: BuildLog,
  stop: AbortSignal,
): Promise<void> {
  let config = await load()
  let builder = new ModelBuilder(config.options, root, log)
  let plan: Plan = { jobs: [], problems: [] }
  const folders = foldersOf(config, plan, root)
  const changes = new Changes(stop)

  const watcher = watch(
    folders.map(({ folder }) => folder),
    {
      ignoreInitial: true,
      awaitWriteFinish: { stabilityThreshold: settleTime, pollInterval: settleTime / 2 },
      ignored: (path) => !folders.some((folder) => isWithin(path, folder)),
    },
  )
  const ready = new Promise<void>((resolve) => watcher.once('ready', () => resolve()))
  watcher.on('all', (event, path) => {
    if (!event.endsWith('Dir')) changes.add(resolve(path))
  })
  watcher.on('error', (error) => changes.fail(cannotWatch(error as NodeJS.ErrnoException)))

  /** Plans anew, and gives the jobs that are to be done because of what changed; all of them where that is not given. */
  const planAgain = async (changed?: ReadonlySet<string>): Promise<ModelJob[]> => {
    const next = await planModels(config.requests)
    const told = new Set(plan.problems.map(({ message }) => message))
    for (const problem of next.problems) if (!changed || !told.has(problem.message)) log.error(problem)
    const known = new Set(plan.jobs.map(jobId))
    plan = next
    for (const one of foldersOf(config, plan, root)) {
      if (folders.some(({ folder, depth }) => folder === one.folder && depth >= one.depth)) continue
      folders.push(one)
      watcher.add(one.folder)
    }
    return plan.jobs.filter(
      (job) => !changed || !known.has(jobId(job)) || job.inputs.some((input) => changed.has(input)),
    )
  }

  try {
    await Promise.race([ready, changes.failed])
    await builder.build(await planAgain(), stop)
    log.print(`watching ${plan.jobs.length === 1 ? 'one model' : `${plan.jobs.length} models`}; Ctrl-C ends`)
    for await (const changed of changes) {
      const again = [...changed].some((path) => isConfig(path, root))
      if (again) {
        try {
          config = await load()
        } catch (error) {
          log.error(error)
          continue
        }
        builder = new ModelBuilder(config.options, root, log)
      }
      await builder.build(await planAgain(again ? undefined : changed), stop)
    }
  } finally {
    await watcher.close()
  }
}

/** Paths that changed, in sets: what comes while one set is worked on waits for the next. Ends when it is told to stop. */
class Changes implements AsyncIterable<ReadonlySet<string>> {
  /** Never resolves; rejects where watching fails. */
  readonly failed: Promise<never>
  #reject!: (error: unknown) => void
  #paths = new Set<string>()
  #wake = (): void => {}
  readonly #stop: AbortSignal

  constructor(stop: AbortSignal) {
    this.#stop = stop
    stop.addEventListener('abort', () => this.#wake())
    this.failed = new Promise<never>((_, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => {})
  }

  add(path: string): void {
    this.#paths.add(path)
    this.#wake()
  }

  fail(error: unknown): void {
    this.#reject(error)
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ReadonlySet<string>> {
    while (!this.#stop.aborted) {
      if (this.#paths.size > 0) {
        const changed = this.#paths
        this.#paths = new Set()
        yield changed
        continue
      }
      const change = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await Promise.race([change, this.failed])
    }
  }
}

function jobId({ file, folder, name, request }: ModelJob): string {
  return [file, folder, name, request.query].join('\0')
}

/** The folders in which something may happen that matters. Folders are watched, not files, so that what is not there yet is seen. */
function foldersOf({ requests }: LoadedConfig, { jobs }: Plan, root: string): SearchFolder[] {
  const folders = [
    { folder: root, depth: 0 },
    ...requests.map(({ pattern, root }) => searchFolder(pattern, root, isDynamicPattern)),
    ...jobs.flatMap(({ inputs }) => inputs.map((input) => ({ folder: dirname(input), depth: 0 }))),
  ]
  return folders.map(nearestExisting)
}

/** A folder that is not there is waited for in the one that is to hold it. */
function nearestExisting({ folder, depth }: SearchFolder): SearchFolder {
  return existsSync(folder) || dirname(folder) === folder
    ? { folder, depth }
    : nearestExisting({ folder: dirname(folder), depth: depth + 1 })
}

function isWithin(path: string, { folder, depth }: SearchFolder): boolean {
  const below = relative(folder, path)
  if (below === '') return true
  const segments = below.split(sep)
  if (segments[0] === '..' || segments.length > depth + 1) return false
  return !segments.some((segment) => segment === 'node_modules' || segment === '.git')
}

function cannotWatch(cause: NodeJS.ErrnoException): GraphdefError {
  const limit = cause.code === 'ENOSPC' || cause.code === 'EMFILE'
  return new GraphdefError('cannot-watch', {
    what: `the models' folders cannot be watched (${cause.code ?? cause.message})`,
    remedy: limit
      ? 'The system watches no more files: raise fs.inotify.max_user_watches, or name a smaller folder in the glob.'
      : "Look at the folders' permissions.",
    cause,
  })
}
