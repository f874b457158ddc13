import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { parseRequest } from '../../src/chain/request.js'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import type { ModelManifest } from '../../src/manifest/types.js'
import { optimize } from '../../src/optimize.js'
import { model } from '../models/models.js'
import { makeProject, type Project } from '../plugin/project.js'
import { parseGraph } from '../transforms/graph-text.js'

/** The app that every host builds: two requests of one model, one of them written in two ways. */
const main = `import deployed, { url, inputs } from './models/linreg.pb?optimize=deploy'
import packed from './models/linreg.pb?format=memmapped&optimize'
import again from './models/linreg.pb?optimize&format=memmapped'
const models = { deployed, packed, again, named: { url, inputs } }
globalThis.models = models
if (typeof document === 'undefined' && typeof postMessage === 'function') postMessage(models)
`

/** The same in a worker, as hosts that make workers want it written. */
const page = `const worker = new Worker(new URL('./main.js', import.meta.url), { type: 'module' })
worker.onmessage = ({ data }) => { globalThis.models = data }
`

/** The same for a dev server: with what makes a changed model take the place of the old one, in the words of each host. */
const devMain = `import * as deployed from './models/linreg.pb?optimize=deploy'
import * as packed from './models/linreg.pb?format=memmapped&optimize'
import again from './models/linreg.pb?optimize&format=memmapped'
function show(deployed, packed, again) {
  const { url, inputs } = deployed
  globalThis.models = { deployed: deployed.default, packed: packed.default, again, named: { url, inputs } }
}
show(deployed, packed, again)
if (import.meta.webpackHot) {
  import.meta.webpackHot.accept(
    ['./models/linreg.pb?optimize=deploy', './models/linreg.pb?format=memmapped&optimize'],
    () => show(deployed, packed, again),
  )
}
if (import.meta.hot) {
  let now = [deployed, packed]
  import.meta.hot.accept(
    ['./models/linreg.pb?optimize=deploy', './models/linreg.pb?format=memmapped&optimize'],
    (changed) => {
      now = now.map((module, at) => changed[at] ?? module)
      show(...now, now[1].default)
    },
  )
}
`

/** The same by import attributes, with one request in a query and attributes, and one in an `import()`. */
const mainWithAttributes = `import deployed, { url, inputs } from './models/linreg.pb' with { optimize: 'deploy' }
import packed from './models/linreg.pb?optimize' with {
  format: 'memmapped',
}; globalThis.sameLine = 'after the attributes'
globalThis.nextLine = 'below the attributes'
import('./models/linreg.pb', { with: { optimize: '', format: 'memmapped' } }).then(({ default: again }) => {
  globalThis.models = { deployed, packed, again, named: { url, inputs } }
})
`

/** The URLs alone. */
const mainWithUrls = `'use strict'
const deployed = new URL('./models/linreg.pb?optimize=deploy', import.meta.url)
const packed = new URL(
  \`./models/linreg.pb?format=memmapped&optimize\`, // no text: new URL('./models/no.pb?optimize', import.meta.url)
  import.meta.url,
).href; globalThis.sameLine = 'after the URL'
globalThis.nextLine = 'below the URL'
const models = { deployed: { url: deployed.href }, packed: { url: packed } }
globalThis.models = models
if (typeof document === 'undefined' && typeof postMessage === 'function') postMessage(models)
`

/** The ids of its models' modules under a folder: the same on every host. */
export const modelIds = (root: string): string[] => [
  `${root}/src/models/linreg.pb?format=memmapped&optimize`,
  `${root}/src/models/linreg.pb?optimize=deploy`,
]

export const linreg: Buffer = readFileSync(model('ut_test_linreg').path)
export const convolution: Buffer = readFileSync(model('ut_test_conv').path)

/** Writes the app into a folder of its own. */
export function makeApp(files: Record<string, string | Uint8Array> = {}): Project {
  return makeProject({
    'package.json': '{ "type": "module" }',
    'src/main.js': main,
    'src/page.js': page,
    'src/models/linreg.pb': linreg,
    ...files,
  })
}

export const makeAppWithAttributes = (): Project => makeApp({ 'src/main.js': mainWithAttributes })

export const makeAppWithUrls = (): Project => makeApp({ 'src/main.js': mainWithUrls })

/** The app as a dev server has it. */
export const makeDevApp = (): Project => makeApp({ 'src/main.js': devMain })

/** A page that runs a script. */
export const pageWith = (script: string): string =>
  `<!doctype html><title>app</title><link rel="icon" href="data:,">${script}`

/** An app whose chain reads a log beside the model. */
export function makeAppWithLog(log: string): Project {
  const { list } = encodeGraphDef(
    parseGraph(`
q = Placeholder[dtype=qint32, shape=shape[1]]()
a = Placeholder[dtype=float, shape=shape[]]()
r = RequantizationRange[Tinput=qint32](q, a, a)
y = Requantize[Tinput=qint32, out_type=quint8](q, a, a, r, r:1)
`).graph,
  )
  return makeApp({
    'src/main.js': `import model from './models/q.pb?optimize=freeze_requantization_ranges(min_max_log_file=ranges.log)'
globalThis.models = { model }
`,
    'src/models/q.pb': joinSlices(list),
    'src/models/ranges.log': log,
  })
}

/** What such a log says. */
export const rangeLog = (low: number, high: number): string => `;r__print__;__requant_min_max:[${low}][${high}]\n`

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What the plugin's own code makes of a request: what every host must give. */
export async function expected(source: Uint8Array, query: string): Promise<ModelManifest> {
  return (await optimize(source, parseRequest(query))).manifest
}

/** The files of `dist`, each with the hash of its content. */
export function distFiles({ root }: Project): Record<string, string> {
  const files = readdirSync(`${root}/dist`, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(root.length + 6))
      .sort()
      .map((name) => [name, sha256(readFileSync(`${root}/dist/${name}`))]),
  )
}
