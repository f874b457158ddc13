import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { canonicalQuery } from '../../chain/request.js'
import { assetFields } from '../../manifest/module-text.js'
import { version } from '../../version.js'
import type { LoadedModel } from '../model-loader.js'

/** What the module of a broken model asks for, so that Metro's build stops with the model's error. */
export const brokenSpecifier = 'unplugin-graphdef/broken-model'

/**
 * The name of an entry's folder: 16 hexadecimal digits. The same on every machine, as it is a part of the asset's name.
 *
 * @param path of the model, from the project's root
 */
export function entryId(path: string, query: string): string {
  return createHash('sha256')
    .update(`${path.replaceAll('\\', '/')}?${canonicalQuery(query)}`)
    .digest('hex')
    .slice(0, 16)
}

/**
 * The first part of the name of an entry's asset: one that Android takes for a resource, and in which Metro finds no scale
 * (`m@2x`) or platform (`m.ios`).
 */
export function assetName(file: string): string {
  const name = basename(file.replaceAll('\\', '/'))
    .replace(/\.gz$/, '')
    .replace(/\.[^.]+$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
  return /^[a-z]/.test(name) ? name : `model_${name.replace(/^_+/, '')}`
}

/**
 * The name of a model's asset. It tells the content, so that a module and the asset it asks for are always of one model: Metro
 * may see one of two changes before the other.
 */
export function assetFileName({ file, manifest }: LoadedModel): string {
  return `${assetName(file)}_${manifest.sha256.slice(0, 8)}.pb`
}

/** What stands in the file of an asset. */
export interface Placeholder {
  /** The model's file in the cache. */
  file: string
  /** What Metro is to take for its hash, which has the length of an MD5 sum. */
  hash: string
  version: string
}

/**
 * The content of an entry's asset, which says where the model is: the model itself would be read and sent from process to
 * process several times.
 */
export function placeholderText({ file, manifest }: LoadedModel): string {
  const placeholder: Placeholder = { file, hash: manifest.sha256.slice(0, 32), version }
  return `${JSON.stringify(placeholder)}\n`
}

/**
 * A model's module on a device: data only, like that of every host. `url` is asked for when it is read, for then the app has
 * said where its assets are.
 *
 * @param shown what is imported, for the reader of the file
 */
export function nativeModuleText(model: LoadedModel, shown: string): string {
  if (model.request.inline) return moduleText(model, shown, '', dataUrl(model))
  return moduleText(
    model,
    shown,
    `const asset = require(${JSON.stringify(`./${assetFileName(model)}`)})\nconst { Image } = require('react-native')\n`,
    'Image.resolveAssetSource(asset).uri',
  )
}

/** The same on a page, where assets are URLs, or entries of the registry that Metro's configuration names. */
export function webModuleText(model: LoadedModel, shown: string, registry: string): string {
  if (model.request.inline) return moduleText(model, shown, '', dataUrl(model))
  return moduleText(
    model,
    shown,
    `const asset = require(${JSON.stringify(`./${assetFileName(model)}`)})
function urlOf(asset) {
  if (typeof asset !== 'number') return asset.uri || asset
  const { httpServerLocation, name, type } = require(${JSON.stringify(registry)}).getAssetByID(asset)
  return httpServerLocation + '/' + name + '.' + type
}
`,
    'urlOf(asset)',
  )
}

function moduleText({ manifest }: LoadedModel, shown: string, prelude: string, url: string): string {
  const fields = assetFields
    .filter((field) => field !== 'url')
    .map((field) => `  ${field}: ${JSON.stringify(manifest[field as keyof typeof manifest])},\n`)
  return `// Written by unplugin-graphdef: ${shown}
${prelude}const model = {
  get url() {
    return ${url}
  },
${fields.join('')}}
Object.defineProperty(exports, '__esModule', { value: true })
for (const name of Object.keys(model)) Object.defineProperty(exports, name, { enumerable: true, get: () => model[name] })
exports.default = model
`
}

function dataUrl({ file }: LoadedModel): string {
  return JSON.stringify(`data:application/octet-stream;base64,${readFileSync(file).toString('base64')}`)
}

/** The module of a model that cannot be made. Its text changes with the error, so that Metro builds anew. */
export function brokenModuleText(error: unknown): string {
  const lines = (error as Error).message.split(/\r?\n/)
  return `${lines.map((line) => `// ${line}`).join('\n')}\nrequire(${JSON.stringify(brokenSpecifier)})\n`
}
