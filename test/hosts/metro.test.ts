import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ModelAsset } from '../../src/manifest/types.js'
import type { Project } from '../plugin/project.js'
import { convolution, expected, linreg, sha256 } from './app.js'
import { pluginLines } from './bundler.js'
import {
  bundle,
  bundleUrl,
  type DevServer,
  makeMetroApp,
  ownFolder,
  runBundle,
  serve,
  withoutReactNative,
} from './metro-app.js'
import { HotUpdates } from './metro-hot-updates.js'

const projects: Project[] = []
const own = (project: Project): Project => {
  projects.push(project)
  return project
}
let printed: string[] = []

beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation((...texts) => void printed.push(texts.join(' ')))
  vi.spyOn(console, 'info').mockImplementation(() => {})
  vi.spyOn(console, 'log').mockImplementation(() => {})
})
afterEach(() => {
  printed = []
})
afterAll(() => {
  vi.restoreAllMocks()
  for (const project of projects) project.remove()
})

const queries = { deployed: 'optimize=deploy', packed: 'optimize&format=memmapped' }

/** Holds what a running app has against what the plugin's own code makes. */
async function expectRight(
  models: Record<string, ModelAsset>,
  bytesAt: (url: string) => Uint8Array | Promise<Uint8Array>,
): Promise<void> {
  for (const [name, query] of Object.entries(queries)) {
    const { url, ...manifest } = models[name]!
    expect(manifest).toEqual(await expected(linreg, query))
    expect(sha256(await bytesAt(url))).toBe(manifest.sha256)
  }
  expect(models.again).toEqual(models.packed)
  expect(models.named).toEqual({ url: models.deployed!.url, inputs: models.deployed!.inputs })
}

describe("React Native's bundle command", () => {
  const project = own(makeMetroApp())

  it('writes the models where an app for iOS finds them', async () => {
    const { code, assets } = await bundle(project, 'ios')
    expect(assets).toHaveLength(2)
    for (const name of assets) expect(name).toMatch(/^assets\/graphdef\/[0-9a-f]{16}\/linreg_[0-9a-f]{8}\.pb$/)
    const folder = 'file:///app/'
    await expectRight(runBundle(code, 'ios', folder), (url) =>
      project.read(join('dist/assets-of-app', url.slice(folder.length))),
    )
  })

  it('writes them as resources for Android, whose URLs are their names', async () => {
    const { code, assets } = await bundle(project, 'android')
    expect(assets).toHaveLength(2)
    for (const name of assets) expect(name).toMatch(/^raw\/graphdef_[0-9a-f]{16}_linreg_[0-9a-f]{8}\.pb$/)
    await expectRight(runBundle(code, 'android', 'file:///app/'), (name) =>
      project.read(`dist/assets-of-app/raw/${name}.pb`),
    )
  })

  it('gives a page their paths on the server, without React Native', async () => {
    project.write('node_modules/react-native/index.js', 'throw new Error("a page has no react-native")')
    const { code } = await bundle(project, 'web')
    await expectRight(runBundle(code, 'web', ''), (url) => project.read(`dist/assets-of-app${url}`))
  })
})

describe("Metro's dev server", () => {
  const project = own(makeMetroApp())
  const main = project.read('src/main.js').toString()
  let server: DevServer
  let updates: HotUpdates
  beforeAll(async () => {
    server = await serve(project, { change: withoutReactNative })
  })
  // Each test starts with the app as it was. It is loaded before it is connected: a bundle that is loaded in between would take
  // an update for itself.
  beforeEach(async () => {
    for (const [file, content] of [
      ['src/main.js', main],
      ['src/models/linreg.pb', linreg],
    ] as const) {
      if (!project.read(file).equals(Buffer.from(content))) project.write(file, content)
    }
    const { sha256: deployed } = await expected(linreg, queries.deployed)
    const { sha256: packed } = await expected(linreg, queries.packed)
    const whole = { deployed: { sha256: deployed }, packed: { sha256: packed } }
    await vi.waitFor(async () => expect(await models()).toMatchObject(whole), { timeout: 20_000 })
    updates = await HotUpdates.of(bundleUrl(server, 'ios'))
  })
  afterEach(() => updates.close())
  afterAll(() => server?.close())

  const models = async (): Promise<Record<string, ModelAsset>> => {
    const response = await fetch(bundleUrl(server, 'ios'))
    expect(response.status).toBe(200)
    return runBundle(await response.text(), 'ios', server.url)
  }
  const failure = async (): Promise<{ status: number; type: string; message: string }> => {
    const response = await fetch(bundleUrl(server, 'ios'))
    return { status: response.status, ...((await response.json()) as { type: string; message: string }) }
  }
  const bytesAt = async (url: string): Promise<Uint8Array> => {
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    return new Uint8Array(await response.arrayBuffer())
  }

  it.each(['ios', 'android', 'web'] as const)('serves the bytes of the build to %s, with Range', async (platform) => {
    const code = await (await fetch(bundleUrl(server, platform))).text()
    const found = runBundle(code, platform, server.url)
    const at = (url: string): string => new URL(url, server.url).href
    await expectRight(found, (url) => bytesAt(at(url)))
    const part = await fetch(at(found.deployed!.url), { headers: { range: 'bytes=2-5' } })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(`bytes 2-5/${found.deployed!.bytes}`)
    const whole = await bytesAt(at(found.deployed!.url))
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.slice(2, 6))
  })

  it('sends a changed model to the running app', async () => {
    const before = await models()
    project.write('src/models/linreg.pb', convolution)
    const { sha256: hash } = await expected(convolution, 'optimize=deploy')
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain(hash)
    expect(updates.errors).toEqual([])
    expect(sha256(await bytesAt((await models()).deployed!.url))).toBe(hash)
    // The old app keeps what it was built with, until it is loaded anew.
    expect(sha256(await bytesAt(before.deployed!.url))).toBe(before.deployed!.sha256)
    const none = await fetch(before.deployed!.url.replace(/[0-9a-f]{8}\.pb/, '00000000.pb'))
    expect([none.status, await none.text()]).toEqual([404, 'There is no such model any more. Reload the app.\n'])
  })

  it('takes a new query', async () => {
    const query = 'optimize=round_weights(num_steps=3)'
    project.write(
      'src/main.js',
      `${main}\nimport rounded from './models/linreg.pb?${query}'\nmodels.rounded = rounded\n`,
    )
    const manifest = await expected(linreg, query)
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain(manifest.sha256)
    expect(updates.errors).toEqual([])
    const { url, ...rest } = (await models()).rounded!
    expect(rest).toEqual(manifest)
    expect(sha256(await bytesAt(url))).toBe(manifest.sha256)
    expect(project.read('src/graphdef-env.d.ts').toString()).toContain(`/models/linreg.pb?${query}'`)
    project.write('src/models/linreg.pb', convolution)
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain((await expected(convolution, query)).sha256)
    project.write('src/models/linreg.pb', linreg)
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain(manifest.sha256)
  })

  it('shows what is wrong with a model, in the running app and when it is loaded, until it is mended', async () => {
    const { deployed } = await models()
    project.write('src/models/linreg.pb', linreg.subarray(0, 500))
    const text = 'the data ends at byte 500, in the middle of a field'
    await expect.poll(() => updates.errors.join('\n'), { timeout: 20_000 }).toContain(text)
    expect(updates.errors[0]).toMatch(/^the data ends/)
    const { status, type, message } = await failure()
    expect({ status, type }).toEqual({ status: 500, type: 'TransformError' })
    expect(message).toContain(text)
    expect(message).toContain(`file: ${project.root}/src/models/linreg.pb`)
    expect(message).toContain('import: ./models/linreg.pb?')
    expect(message).toContain('in src/main.js')
    updates.clear()
    project.write('src/models/linreg.pb', convolution)
    const { sha256: mended } = await expected(convolution, 'optimize=deploy')
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain(mended)
    project.write('src/models/linreg.pb', linreg)
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain(deployed!.sha256)
    expect((await models()).deployed).toEqual(deployed)
  })

  it('shows a wrong query, and a missing file until it is there', async () => {
    project.write(
      'src/main.js',
      `${main}\nimport wrong from './models/linreg.pb?optimize=fold_constant'\nmodels.wrong = wrong\n`,
    )
    await expect.poll(() => updates.errors.join('\n'), { timeout: 20_000 }).toContain('did you mean "fold_constants"?')
    updates.clear()
    project.write(
      'src/main.js',
      `${main}\nimport later from './models/later.pb?optimize=deploy'\nmodels.later = later\n`,
    )
    await expect.poll(() => updates.errors.join('\n'), { timeout: 20_000 }).toContain('there is no such file')
    expect((await failure()).message).toContain('Models in that folder: linreg.pb.')
    project.write('src/models/later.pb', convolution)
    const { sha256: hash } = await expected(convolution, 'optimize=deploy')
    await expect.poll(() => updates.code, { timeout: 20_000 }).toContain(hash)
    expect((await models()).later!.sha256).toBe(hash)
  })
})

describe('the caches', () => {
  const project = own(makeMetroApp())
  const build = async (options = {}): Promise<{ lines: string[]; hash: string }> => {
    printed = []
    const { code } = await bundle(project, 'ios', { dev: true, options, change: withoutReactNative, workers: 1 })
    const models = runBundle(code, 'ios', 'file:///app/')
    const { url } = models.packed!
    const hash = sha256(project.read(`dist/assets-of-app/${url.slice('file:///app/'.length)}`))
    expect(models.packed!.sha256).toBe(hash)
    return { lines: pluginLines(printed), hash }
  }
  const hashOf = async (source: Uint8Array, query: string): Promise<string> => (await expected(source, query)).sha256

  it('of the plugin and of Metro give the same as without, and what changed anew', async () => {
    const first = await build()
    expect(first.hash).toBe(await hashOf(linreg, queries.packed))
    const folder = project.list('.graphdef').find((name) => name !== '.gitignore')!
    const written = statSync(join(project.root, '.graphdef', folder, 'index.js')).mtimeMs

    const again = await build()
    expect(again.hash).toBe(first.hash)
    expect(again.lines).toHaveLength(2)
    for (const line of again.lines) expect(line).toContain('cached')
    expect(statSync(join(project.root, '.graphdef', folder, 'index.js')).mtimeMs).toBe(written)

    // Metro's cache alone is gone.
    rmSync(join(project.root, ownFolder), { recursive: true })
    const cold = await build()
    expect(cold.hash).toBe(first.hash)
    expect(cold.lines).toHaveLength(2)
    for (const line of cold.lines) expect(line).toContain('cached')

    // With a warm cache of Metro's: other options, another model.
    const options = { presets: { web: ['round_weights(num_steps=2)'] }, default: 'web' }
    expect((await build(options)).hash).toBe(
      await hashOf(linreg, 'optimize=round_weights(num_steps=2)&format=memmapped'),
    )
    project.write('src/models/linreg.pb', convolution)
    expect((await build()).hash).toBe(await hashOf(convolution, queries.packed))
  })
})

it('keeps nothing of what is no longer imported, and asks for nothing to be ignored by hand', async () => {
  const project = own(makeMetroApp())
  await bundle(project, 'ios', { change: withoutReactNative, workers: 1 })
  expect(project.list('.graphdef')).toHaveLength(3)
  expect(project.read('.graphdef/.gitignore').toString()).toBe('*\n')
  project.write('src/main.js', "import model from './models/linreg.pb?optimize'\nglobalThis.models = { model }\n")
  await bundle(project, 'ios', { change: withoutReactNative, workers: 1 })
  expect(project.list('.graphdef')).toHaveLength(2)
  expect(project.read('src/graphdef-env.d.ts').toString()).toContain("declare module '*/models/linreg.pb?optimize'")
})
