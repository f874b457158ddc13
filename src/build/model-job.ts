import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { SideFileReader } from '../cache/side-file-reader.js'
import { didYouMean, type ErrorPlace, GraphdefError } from '../errors.js'
import { isModelFile } from '../plugin/model-id.js'
import { withSlashes } from '../plugin/with-slashes.js'
import { type BuildRequest, outputName, searchFolder } from './build-request.js'
import { isWrittenAsset } from './written-module.js'

/** One model to build, and where to. */
export interface ModelJob {
  /** The model's file, absolute. */
  readonly file: string
  readonly request: BuildRequest
  /** The folder that gets the files, absolute. */
  readonly folder: string
  /** What they are called, without ending. */
  readonly name: string
  /** All that the result depends on: the model's file and those that its chain names. Absolute. */
  readonly inputs: readonly string[]
}

export interface Plan {
  readonly jobs: readonly ModelJob[]
  /** What keeps requests, or some of their models, from being built. */
  readonly problems: readonly GraphdefError[]
}

/** Finds the models that requests mean. Their files are not read. */
export async function planModels(requests: readonly BuildRequest[]): Promise<Plan> {
  const problems: GraphdefError[] = []
  const found: ModelJob[] = []
  for (const request of requests) {
    const { files, base } = await filesOf(request)
    if (files.length === 0) problems.push(await nothingFound(request, base))
    for (const file of files) {
      const folder = resolve(request.outDir, relative(base, dirname(file)))
      const name = outputName(file, request.name)
      const beside = new SideFileReader(request.request.chain, dirname(file))
      found.push({ file, request, folder, name, inputs: [file, ...beside.places.map((place) => resolve(place))] })
    }
  }
  const jobs: ModelJob[] = []
  for (const group of groups(found)) {
    const [first, ...others] = group
    const other = others.find((job) => job.file !== first!.file || !sameResult(job.request, first!.request))
    if (other) problems.push(sameName(first!, other))
    else jobs.push(first!)
  }
  return { jobs, problems }
}

/** Jobs by the files that they would write, in the order of the first of each. */
function groups(jobs: readonly ModelJob[]): ModelJob[][] {
  const byOutput = new Map<string, ModelJob[]>()
  for (const job of jobs) {
    // Some file systems do not tell letters' case apart.
    const output = join(job.folder, job.name).toLowerCase()
    const group = byOutput.get(output)
    if (group) group.push(job)
    else byOutput.set(output, [job])
  }
  return [...byOutput.values()]
}

function sameResult(a: BuildRequest, b: BuildRequest): boolean {
  return a.query === b.query && a.hash === b.hash && a.publicPath === b.publicPath && a.outDir === b.outDir
}

/** The files of a request, and the folder that their subfolders are counted from. */
async function filesOf({ pattern, root }: BuildRequest): Promise<{ files: string[]; base: string }> {
  const { glob, isDynamicPattern } = await import('tinyglobby')
  const named = resolve(root, pattern)
  // A file whose name has brackets in it is meant as it is.
  if (existsSync(named) || !isDynamicPattern(pattern)) return { files: [named], base: dirname(named) }
  const { folder } = searchFolder(pattern, root, isDynamicPattern)
  const ignore = pattern.includes('node_modules') ? [] : ['**/node_modules/**']
  const files = await glob(pattern, { cwd: root, absolute: true, expandDirectories: false, ignore })
  return {
    files: files
      .map((file) => resolve(file))
      .filter((file) => isModelFile(file) && !isWrittenAsset(file))
      .sort(),
    base: folder,
  }
}

async function nothingFound({ pattern, root, place }: BuildRequest, base: string): Promise<GraphdefError> {
  const { glob } = await import('tinyglobby')
  const known = existsSync(base) ? await glob('*', { cwd: base, expandDirectories: false }) : []
  const models = known.filter(isModelFile).sort()
  const shown = withSlashes(relative(root, base)) || '.'
  const there = !existsSync(base)
    ? `There is no folder ${shown}.`
    : models.length
      ? `Models in ${shown}: ${models.join(', ')}.`
      : `There is no model in ${shown}.`
  return new GraphdefError('file-not-found', {
    ...place,
    what: `no model matches ${pattern}`,
    remedy: [didYouMean(basename(pattern), models), there].filter(Boolean).join('\n'),
  })
}

function sameName(a: ModelJob, b: ModelJob): GraphdefError {
  const shown = ({ file, request }: ModelJob): string =>
    `${withSlashes(relative(request.root, file))}${request.query && `?${request.query}`}`
  const { key, buildRequest }: ErrorPlace = b.request.place
  return new GraphdefError('name-taken', {
    what: `two models would have the same files: ${shown(a)} and ${shown(b)}`,
    file: `${join(b.folder, b.name)}.js`,
    key,
    buildRequest,
    remedy:
      "Give one of them another folder or another name: --name=[name]-small, or name: '[name]-small' in the configuration.",
  })
}
