import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { parseRequest } from '../../src/chain/request.js'
import type { ModelAsset } from '../../src/manifest/types.js'
import { optimize } from '../../src/optimize.js'
import graphdef, { type Options } from '../../src/vite.js'
import { model } from '../models/models.js'
import { makeProject, type Project } from './project.js'

type Vite = typeof import('vite')

const versions: [string, () => Promise<Vite>][] = [
  ['vite 8', () => import('vite')],
  ['vite 7', () => import('vite-7') as unknown as Promise<Vite>],
  ['vite 6', () => import('vite-6') as unknown as Promise<Vite>],
]

const tiny = model('ut_test_linreg')
const main = `
import deployed, { url, inputs } from './models/linreg.pb?optimize=deploy'
import packed from './models/linreg.pb?format=memmapped&optimize'
import again from './models/linreg.pb?optimize&format=memmapped'
globalThis.models = { deployed, packed, again, named: { url, inputs } }
export { deployed, packed, again }
`

const projects: Project[] = []
afterEach(() => {
  for (const project of projects.splice(0)) project.remove()
})

function app(files: Record<string, string> = { 'src/main.ts': main }): Project {
  const project = makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><title>app</title><script type="module" src="/src/main.ts"></script>',
    ...files,
  })
  projects.push(project)
  project.copy(tiny.path, 'src/models/linreg.pb')
  return project
}

/** Collects what the plugin and Vite print. */
function logger(): { lines: string[]; logger: import('vite').Logger } {
  const lines: string[] = []
  const note = (text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours
    lines.push(text.replace(/\u001b\[\d+m/g, ''))
  }
  const custom = {
    info: note,
    warn: note,
    warnOnce: note,
    error: note,
    clearScreen() {},
    hasErrorLogged: () => false,
    hasWarned: false,
  }
  return { lines, logger: custom as unknown as import('vite').Logger }
}

interface Build {
  lines: string[]
  /** The models that the built program exports, as it would see them when loaded from its place. */
  code: string
}

async function build(
  vite: Vite,
  project: Project,
  config: import('vite').InlineConfig = {},
  options: Options = {},
): Promise<Build> {
  const { lines, logger: customLogger } = logger()
  const { build: more, ...rest } = config
  await vite.build({
    root: project.root,
    configFile: false,
    customLogger,
    plugins: [graphdef(options)],
    build: { minify: false, assetsInlineLimit: 1e9, modulePreload: false, ...more },
    ...rest,
  })
  const script = project.list('dist/assets').find((name) => name.endsWith('.js'))
  return { lines, code: script ? project.read(`dist/assets/${script}`).toString() : '' }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const buildLines = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('graphdef '))

/** Runs built code as a module on a page would and gives what it left behind. */
async function evaluate(project: Project, file: string): Promise<Record<string, ModelAsset>> {
  await import(`${pathToFileURL(join(project.root, file)).href}?${Math.random()}`)
  return (globalThis as unknown as { models: Record<string, ModelAsset> }).models
}

describe.each(versions)('%s', (_, load) => {
  it('builds two requests of one file into two assets: hashed, never inlined, the bytes of the chain', async () => {
    const project = app()
    const { lines } = await build(await load(), project, { base: './' })
    const assets = project.list('dist/assets').filter((name) => name.endsWith('.pb'))
    expect(assets).toHaveLength(2)
    for (const name of assets) expect(name).toMatch(/^linreg-[\w-]{8}\.pb$/)
    const script = project.list('dist/assets').find((name) => name.endsWith('.js'))!
    const { deployed, packed, again, named } = await evaluate(project, `dist/assets/${script}`)
    expect(again).toEqual(packed)
    expect(named!.url).toBe(deployed!.url)
    const source = readFileSync(tiny.path)
    for (const [asset, query] of [
      [deployed!, 'optimize=deploy'],
      [packed!, 'optimize&format=memmapped'],
    ] as const) {
      const result = await optimize(source, parseRequest(query))
      const { url, ...manifest } = asset
      expect(manifest).toEqual(result.manifest)
      const served = readFileSync(new URL(url))
      expect(sha256(served)).toBe(result.manifest.sha256)
      expect(served.length).toBe(asset.bytes)
    }
    expect(buildLines(lines)).toHaveLength(2)
    expect(buildLines(lines)[0]).toContain('src/models/linreg.pb')
  })

  it.each([
    ['/', /"\/assets\/linreg-[\w-]{8}\.pb"/],
    ['/sub/', /"\/sub\/assets\/linreg-[\w-]{8}\.pb"/],
    ['./', /new URL\(\s*"linreg-[\w-]{8}\.pb",\s*import\.meta\.url\s*\)|"linreg-[\w-]{8}\.pb"/],
  ])('names the asset right under the base %s', async (base, url) => {
    const { code } = await build(await load(), app(), { base })
    expect(code).toMatch(url)
    expect(code).not.toContain('base64')
  })

  it('puts the model into the bundle when asked with &inline', async () => {
    const project = app({
      'src/main.ts': "import model from './models/linreg.pb?optimize&inline'\nglobalThis.models = { model }",
    })
    await build(await load(), project)
    expect(project.list('dist/assets').filter((name) => name.endsWith('.pb'))).toEqual([])
    const script = project.list('dist/assets')[0]!
    const { model: asset } = await evaluate(project, `dist/assets/${script}`)
    const bytes = Buffer.from(asset!.url.split('base64,')[1]!, 'base64')
    expect(sha256(bytes)).toBe(asset!.sha256)
  })

  it('builds the same for SSR: the URLs of the client, and no asset of its own', async () => {
    const project = app()
    const vite = await load()
    await build(vite, project, { base: '/sub/' })
    const client = project.list('dist/assets').filter((name) => name.endsWith('.pb'))
    await build(vite, project, { base: '/sub/', build: { ssr: 'src/main.ts', outDir: 'server' } })
    expect(project.list('server/assets')).toEqual([])
    const { deployed, packed } = await evaluate(project, 'server/main.js')
    expect([deployed!.url, packed!.url].sort()).toEqual(client.map((name) => `/sub/assets/${name}`).sort())
  })

  it('runs no transform the second time, and gives the same bytes, module and types', async () => {
    const project = app()
    const vite = await load()
    const everything = (): Record<string, string> =>
      Object.fromEntries(
        [...project.list('dist/assets').map((name) => `dist/assets/${name}`), 'src/graphdef-env.d.ts'].map((file) => [
          file,
          sha256(project.read(file)),
        ]),
      )
    const first = await build(vite, project)
    const before = everything()
    const second = await build(vite, project)
    expect(everything()).toEqual(before)
    expect(buildLines(first.lines).filter((line) => line.includes('cached'))).toEqual([])
    expect(buildLines(second.lines).filter((line) => !line.includes('cached'))).toEqual([])
    expect(buildLines(second.lines)).toHaveLength(2)
  })

  it('serves on its dev server the bytes of the build, and new ones when the model changes', async () => {
    const project = app()
    const vite = await load()
    const server = await vite.createServer({
      root: project.root,
      base: '/sub/',
      configFile: false,
      customLogger: logger().logger,
      plugins: [graphdef()],
      server: { port: 0, host: '127.0.0.1', ws: false, fs: { deny: ['**/*.pb'] } },
      optimizeDeps: { noDiscovery: true },
    } as import('vite').InlineConfig)
    try {
      await server.listen()
      const origin = new URL(server.resolvedUrls!.local[0]!).origin
      const modelOf = async (): Promise<ModelAsset> =>
        ((await server.ssrLoadModule('/src/main.ts')) as { deployed: ModelAsset }).deployed
      const asset = await modelOf()
      expect(asset.url).toMatch(/^\/sub\/@graphdef\/[0-9a-f]{32}\/linreg\.pb$/)
      const response = await fetch(origin + asset.url)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      const bytes = new Uint8Array(await response.arrayBuffer())
      const built = await optimize(readFileSync(tiny.path), parseRequest('optimize=deploy'))
      expect(Buffer.concat(built.bytes).equals(bytes)).toBe(true)

      const part = await fetch(origin + asset.url, { headers: { range: 'bytes=2-5' } })
      expect(part.status).toBe(206)
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(2, 6))
      expect((await fetch(`${origin}/sub/@graphdef/${'0'.repeat(32)}/linreg.pb`)).status).toBe(404)
      expect((await fetch(`${origin}/sub/@graphdef/..%2f..%2fpackage.json`)).status).toBe(404)

      // What the browser gets: the module as a script, with the same URL.
      const script = await (await fetch(`${origin}/sub/src/models/linreg.pb?import&optimize=deploy`)).text()
      expect(script).toContain(asset.url)

      const changed = new Promise((resolve) => server.watcher.once('change', resolve))
      project.copy(model('ut_test_conv').path, 'src/models/linreg.pb')
      await changed
      const renewed = await expect
        .poll(modelOf, { timeout: 10_000 })
        .not.toMatchObject({ url: asset.url })
        .then(modelOf)
      expect(renewed.ops).toContain('Conv2D')
      expect((await fetch(origin + renewed.url)).status).toBe(200)
    } finally {
      await server.close()
    }
  })
})
