import { constants } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileDigest } from '../cache/file-digest.js'
import { replaceFile, unwritable } from '../disk/replace-file.js'
import { GraphdefError } from '../errors.js'
import { moduleDeclarations } from '../manifest/type-declarations.js'
import type { LoadedModel } from '../plugin/model-loader.js'
import { modelModule } from '../plugin/model-module.js'
import { withSlashes } from '../plugin/with-slashes.js'
import type { ModelJob } from './model-job.js'
import { moduleHeader, readWrittenModule, type WrittenModule } from './written-module.js'

/**
 * Writes a model's files: the model, its module, and the module's types. What is there already with the same content is not
 * touched. The model's file of an earlier run is removed where it still is what that run wrote.
 *
 * @throws GraphdefError `name-taken` where a file is in the way that this command did not write, and `cannot-write`
 */
export async function writeOutputs(job: ModelJob, model: LoadedModel): Promise<void> {
  const { folder, name, request } = job
  const module = join(folder, `${name}.js`)
  const types = join(folder, `${name}.d.ts`)
  try {
    await mkdir(folder, { recursive: true })
    const before = readWrittenModule(module)
    if (before === null) throw nameTaken(module, job)
    if (readWrittenModule(types) === null) throw nameTaken(types, job)
    const written = await writeAsset(job, model, before)
    const source = withSlashes(relative(folder, job.file)) + (request.query && `?${request.query}`)
    const header = moduleHeader(source, written)
    await writeText(types, `${header}\n${moduleDeclarations(model.manifest)}`)
    const text = modelModule(model, () => ({ expression: assetUrl(job, written.asset!) }))
    await writeText(module, `${header}\n${text}`)
    if (before?.asset && before.asset !== written.asset) await removeOwn(join(folder, before.asset), before.sha256!)
  } catch (error) {
    throw error instanceof GraphdefError ? error : unwritable(module, error as NodeJS.ErrnoException)
  }
}

async function writeAsset(
  { folder, name, request, ...job }: ModelJob,
  model: LoadedModel,
  before: WrittenModule | undefined,
): Promise<WrittenModule> {
  const { sha256 } = model.manifest
  if (model.request.inline) return {}
  const asset = request.hash ? `${name}-${sha256.slice(0, 8)}.pb` : `${name}.pb`
  const file = join(folder, asset)
  const present = digestOf(file)
  if (present !== sha256) {
    // A name with a hash tells what the content should be: such a file is mended.
    const own = before?.asset === asset && (request.hash || before.sha256 === present)
    if (present !== undefined && !own) throw nameTaken(file, { folder, name, request, ...job })
    await replaceFile(file, (temporary) => copyFile(model.file, temporary, constants.COPYFILE_FICLONE))
  }
  return { asset, sha256 }
}

/** The model's URL as an expression: beside the module, in a form that browsers, Node and bundlers understand. */
function assetUrl({ folder, request }: ModelJob, asset: string): string {
  if (request.publicPath === undefined) return `new URL('./${asset}', import.meta.url).href`
  const path = withSlashes(join(relative(request.outDir, folder), asset))
  // Not more than must be: some servers decode no `%40`.
  return JSON.stringify(request.publicPath + encodeURI(path).replace(/[#?]/g, encodeURIComponent))
}

async function writeText(file: string, text: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch(() => undefined)
  if (present !== text) await replaceFile(file, (temporary) => writeFile(temporary, text))
}

async function removeOwn(file: string, sha256: string): Promise<void> {
  if (digestOf(file) === sha256) await rm(file)
}

/** SHA-256 of a file; undefined where there is none. */
function digestOf(file: string): string | undefined {
  try {
    return fileDigest(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function nameTaken(file: string, { request }: ModelJob): GraphdefError {
  return new GraphdefError('name-taken', {
    what: 'there is a file in the way, which graphdef build did not write, or which was changed since',
    file,
    ...request.place,
    remedy: 'Move or delete it, or choose another folder or name.',
  })
}
