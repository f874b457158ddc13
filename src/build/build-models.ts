import { withPlace } from '../errors.js'
import { chainName } from '../plugin/model-imports.js'
import { ModelLoader } from '../plugin/model-loader.js'
import type { ResolvedOptions } from '../plugin/options.js'
import { shownPath } from '../plugin/shown-path.js'
import { buildLine } from '../report/build-line.js'
import type { ModelJob } from './model-job.js'
import { writeOutputs } from './write-outputs.js'

/** Where a build tells what goes on. */
export interface BuildLog {
  print(line: string): void
  error(error: unknown): void
  progress(text: string): void
}

/** Builds models one after the other, from the cache that the plugin uses too. */
export class ModelBuilder {
  readonly #loader: ModelLoader
  readonly #root: string
  readonly #log: BuildLog

  /** @param root what paths are shown from */
  constructor(options: ResolvedOptions, root: string, log: BuildLog) {
    this.#loader = new ModelLoader(options)
    this.#root = root
    this.#log = log
  }

  /** Builds every model in spite of errors in some, unless it is told to stop. Gives how many failed. */
  async build(jobs: readonly ModelJob[], stop?: AbortSignal): Promise<number> {
    let failed = 0
    for (const [index, job] of jobs.entries()) {
      if (stop?.aborted) break
      if (!(await this.#buildOne(job, `${index + 1}/${jobs.length}`))) failed++
    }
    await this.#loader.store.sweep()
    return failed
  }

  async #buildOne(job: ModelJob, place: string): Promise<boolean> {
    const { file, request } = job
    const shown = shownPath(this.#root, file)
    try {
      this.#log.progress(`${place} ${shown} …`)
      const model = await this.#loader.load(file, request.query)
      const unused = this.#loader.store.tellUnused()
      if (unused) this.#log.print(`graphdef  ${unused}`)
      await writeOutputs(job, model)
      this.#log.progress('')
      const { report, manifest, hit, gzipBytes, milliseconds } = model
      const name = chainName(request.query)
      this.#log.print(buildLine(shown, report, manifest, { cached: hit, gzipBytes, milliseconds, name }))
      return true
    } catch (error) {
      this.#log.progress('')
      this.#log.error(withPlace(error, { file, ...request.place }))
      return false
    }
  }
}
