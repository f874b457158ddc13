import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseRequest } from '../../src/chain/request.js'
import { joinSlices } from '../../src/codec/graphdef.js'
import type { ModelManifest } from '../../src/manifest/types.js'
import { optimize } from '../../src/optimize.js'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { openWatched } from '../browser/watched-page.js'
import { appWith, broken } from '../plugin/broken-imports.js'
import { makeProject, type Project, projectAt } from '../plugin/project.js'
import {
  convolution,
  distFiles,
  expected,
  linreg,
  makeApp,
  makeAppWithAttributes,
  makeAppWithLog,
  makeAppWithUrls,
  makeDevApp,
  modelIds,
  rangeLog,
  sha256,
} from './app.js'
import type { BuildRequest, Built, Bundler } from './bundler.js'
import { esbuildBundler } from './bundlers/esbuild.js'
import { metroBundler } from './bundlers/metro.js'
import { rolldownBundler, rollupBundler } from './bundlers/rollup.js'
import { viteBundler } from './bundlers/vite.js'
import { rspackBundler, webpackBundler } from './bundlers/webpack.js'
import { type Feature, features, hosts, matrixRows } from './matrix.js'
import { aliases, limitsOf, makePathsApp, pathsQuery } from './paths-app.js'
import { base, runInNode, runInPage, type Served, servedModels } from './run-app.js'

const bundlers: Readonly<Record<string, Bundler>> = {
  'Vite 8': viteBundler(() => import('vite')),
  'Vite 7': viteBundler(() => import('vite-7') as unknown as Promise<typeof import('vite')>),
  'Vite 6': viteBundler(() => import('vite-6') as unknown as Promise<typeof import('vite')>),
  'Rollup 4': rollupBundler,
  'Rolldown 1': rolldownBundler,
  'webpack 5': webpackBundler,
  'Rspack 2': rspackBundler,
  esbuild: esbuildBundler,
  'Metro 0.84': metroBundler,
}

const projects: Project[] = []
const own = (project: Project): Project => {
  projects.push(project)
  return project
}
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(() => browser?.close())
afterEach(() => {
  for (const project of projects.splice(0)) project.remove()
})

const request = (project: Project, more: Partial<BuildRequest> = {}): BuildRequest => ({
  project,
  output: 'page',
  base,
  ...more,
})
const modelFiles = (project: Project): string[] =>
  Object.keys(distFiles(project)).filter((name) => name.endsWith('.pb'))

/** Holds what a running app has against what the chains give. */
async function expectRight(models: Record<string, Served>, source: Uint8Array = linreg): Promise<void> {
  const { deployed, packed, again, named } = models
  for (const [asset, query] of [
    [deployed!, 'optimize=deploy'],
    [packed!, 'optimize&format=memmapped'],
  ] as const) {
    const { url: _, served, ...manifest } = asset
    expect(manifest).toEqual(await expected(source, query))
    expect(served).toBe(manifest.sha256)
  }
  expect(again).toEqual(packed)
  expect({ url: named!.url, inputs: named!.inputs }).toEqual({ url: deployed!.url, inputs: deployed!.inputs })
}

/** Holds the source map of a script against `src/main.js`, at what stands after rewritten places. */
function expectMapped(project: Project, entry: string): void {
  const lines = (text: string): string[] => text.split('\n')
  const place = (text: string, marker: string): { line: number; column: number } => {
    const line = lines(text).findIndex((candidate) => candidate.includes(marker))
    return { line: line + 1, column: lines(text)[line]!.indexOf(marker) }
  }
  const built = project.read(`dist/${entry}`).toString()
  const source = project.read('src/main.js').toString()
  const map = new TraceMap(project.read(`dist/${entry}.map`).toString())
  for (const marker of ['sameLine', 'nextLine']) {
    const found = originalPositionFor(map, place(built, marker))
    expect({ ...found, name: null, source: found.source?.split('/').slice(-2).join('/') }).toEqual({
      ...place(source, marker),
      name: null,
      source: 'src/main.js',
    })
    expect(sourceContentFor(map, found.source!)).toBe(source)
  }
}

/** What a page built by the host has: a module where the host makes one. */
const classicHosts = new Set(['webpack 5', 'Rspack 2', 'Metro 0.84'])

const checks: Record<Feature, (bundler: Bundler, host: string) => Promise<void>> = {
  async assets(bundler) {
    const project = own(makeApp())
    const { ids, lines } = await bundler.build(request(project))
    expect([...new Set(ids)].sort()).toEqual(modelIds(project.root))
    expect(lines).toHaveLength(2)
    const names = modelFiles(project)
    const hashes = [await expected(linreg, 'optimize=deploy'), await expected(linreg, 'optimize&format=memmapped')]
    expect(names.map((name) => sha256(project.read(`dist/${name}`))).sort()).toEqual(hashes.map((m) => m.sha256).sort())
    for (const name of names)
      expect(name).toMatch(
        /^(?:assets\/)?(?:graphdef\/[0-9a-f]{16}\/linreg_[0-9a-f]{8}|linreg(?:\.graphdef)?-[\w-]{8}|[0-9a-f]{16,20})\.pb$/,
      )
  },

  async page(bundler, host) {
    const project = own(makeApp())
    const { entry } = await bundler.build(request(project))
    await expectRight(await runInPage(browser, project, entry, classicHosts.has(host) ? 'classic' : 'module'))
  },

  async script(bundler) {
    const project = own(makeApp())
    const { entry } = await bundler.build(request(project, { output: 'script' }))
    await expectRight(await runInPage(browser, project, entry, 'classic'))
  },

  async worker(bundler, host) {
    const project = own(makeApp())
    const { entry } = await bundler.build(request(project, { output: 'worker' }))
    const how = classicHosts.has(host) ? 'classic' : bundler.makesWorkers ? 'module' : 'classic worker'
    await expectRight(await runInPage(browser, project, entry, how))
  },

  async node(bundler) {
    const project = own(makeApp())
    await bundler.build(request(project))
    const inPage = modelFiles(project).map((name) => base + name)
    const pageBytes = new Map(inPage.map((url) => [url, project.read(`dist/${url.slice(base.length)}`)]))
    const { entry } = await bundler.build(request(project, { output: 'node' }))
    const models = await runInNode(project, entry)
    const served = Object.entries(models).map(([name, asset]) => {
      const bytes = asset.url.startsWith('file:') ? readFileSync(new URL(asset.url)) : pageBytes.get(asset.url)!
      return [name, { ...asset, served: sha256(bytes) }]
    })
    await expectRight(Object.fromEntries(served))
  },

  async watch(bundler) {
    const project = own(makeApp())
    const built = (): string => {
      try {
        return project.read('dist/main.js').toString()
      } catch {
        return ''
      }
    }
    const deployed = (source: Uint8Array): Promise<string> =>
      expected(source, 'optimize=deploy').then((manifest) => manifest.sha256)
    const watching = await bundler.watch(request(project))
    try {
      await expect.poll(built, { timeout: 60_000 }).toContain(await deployed(linreg))
      project.write('src/models/linreg.pb', convolution)
      await expect.poll(built, { timeout: 60_000 }).toContain(await deployed(convolution))
      const hashes = modelFiles(project).map((name) => sha256(project.read(`dist/${name}`)))
      expect(hashes).toContain(await deployed(convolution))
    } finally {
      await watching.close()
    }

    const late = own(makeApp())
    rmSync(join(late.root, 'src/models/linreg.pb'))
    const watchingLate = await bundler.watch(request(late))
    try {
      await watchingLate.built
      expect(late.list('dist')).not.toContain('main.js')
      // Again and again, since a watcher begins to look a while after the build.
      const files = (): string[] => {
        late.write('src/models/linreg.pb', linreg)
        return late.list('dist')
      }
      await expect.poll(files, { timeout: 60_000, interval: 500 }).toContain('main.js')
    } finally {
      await watchingLate.close()
    }

    const withLog = own(makeAppWithLog(rangeLog(-1, 2)))
    const hash = (): string | undefined => {
      try {
        return /\b[0-9a-f]{64}\b/.exec(withLog.read('dist/main.js').toString())?.[0]
      } catch {
        return undefined
      }
    }
    const watchingLog = await bundler.watch(request(withLog))
    try {
      await expect.poll(hash, { timeout: 60_000 }).toMatch(/./)
      const before = hash()
      withLog.write('src/models/ranges.log', rangeLog(-3, 4))
      await expect.poll(hash, { timeout: 60_000 }).not.toBe(before)
    } finally {
      await watchingLog.close()
    }
  },

  async dev(bundler) {
    const project = own(makeDevApp())
    const server = await bundler.serve!(request(project))
    const { page } = await openWatched(browser, server.url)
    const pageHas = async (source: Uint8Array): Promise<void> => {
      const now = (): Promise<unknown> =>
        servedModels(page).then(({ deployed, again }) => [deployed?.sha256, again?.sha256], String)
      const wanted = [await expected(source, 'optimize=deploy'), await expected(source, 'optimize&format=memmapped')]
      await expect.poll(now, { timeout: 60_000 }).toEqual(wanted.map((manifest) => manifest.sha256))
      await expectRight(await servedModels(page), source)
    }
    try {
      await pageHas(linreg)
      const { deployed } = await servedModels(page)
      const [status, range, part] = await page.evaluate(async (url) => {
        const response = await fetch(url, { headers: { Range: 'bytes=10-29' } })
        return [
          response.status,
          response.headers.get('content-range'),
          [...new Uint8Array(await response.arrayBuffer())],
        ]
      }, deployed!.url)
      const bytes = joinSlices((await optimize(linreg, parseRequest('optimize=deploy'))).bytes)
      expect([status, range]).toEqual([206, `bytes 10-29/${bytes.length}`])
      expect(part).toEqual([...bytes.subarray(10, 30)])

      await page.evaluate('globalThis.since = "the first load"')
      project.write('src/models/linreg.pb', convolution)
      await pageHas(convolution)
      expect(await page.evaluate('globalThis.since')).toBe(server.hot ? 'the first load' : undefined)

      const [, pointer, , lines] = broken.find(([name]) => name === 'a Git LFS pointer')!
      project.write('src/models/linreg.pb', pointer!)
      for (const line of [...lines, `file: ${project.root}/src/models/linreg.pb`, 'in src/main.js']) {
        await expect.poll(() => server.shownError(page), { timeout: 60_000 }).toContain(line)
      }

      rmSync(join(project.root, 'src/models/linreg.pb'))
      await expect.poll(() => server.shownError(page), { timeout: 60_000 }).toContain('there is no such file')

      // Mended, by two changes of which the first is soon out of date.
      project.write('src/models/linreg.pb', convolution)
      project.write('src/models/linreg.pb', linreg)
      await pageHas(linreg)
      await expect.poll(() => server.shownError(page)).toBe('')
    } finally {
      await page.context().close()
      await server.close()
    }
  },

  async attributes(bundler, host) {
    const project = own(makeAppWithAttributes())
    const { entry, ids, lines } = await bundler.build(request(project, { sourceMap: true }))
    expect([...new Set(ids)].sort()).toEqual(modelIds(project.root))
    expect(lines.filter((line) => !line.includes('cached'))).toHaveLength(2)
    expect(modelFiles(project)).toHaveLength(2)
    expectMapped(project, entry)
    await expectRight(await runInPage(browser, project, entry, classicHosts.has(host) ? 'classic' : 'module'))
    const types = project.read('src/graphdef-env.d.ts').toString()
    expect(types).toContain("// src/main.js: './models/linreg.pb' with { optimize: 'deploy' }")

    // One that is read with the model, and one that is no request.
    for (const [attributes, where] of [
      ["optimize: '', output: 'y'", `file: ${project.root}/src/models/linreg.pb\n`],
      ["output: 'y'", ''],
    ] as const) {
      const written = `'./models/linreg.pb' with { ${attributes} }`
      project.write('src/main.js', `import model from ${written}; f(model)`)
      const message = await bundler.build(request(project)).then(
        () => 'the build did not fail',
        (error: Error) => stripVTControlCharacters(error.message).replaceAll(/\n[\s│]+/g, '\n'),
      )
      expect(message).toContain('the import\'s query has no key "output"')
      expect(message).toContain(`${where}import: ${written} in src/main.js\ndid you mean "outputs"?`)
    }
  },

  async newUrl(bundler, host) {
    const project = own(makeAppWithUrls())
    const wanted = [await expected(linreg, 'optimize=deploy'), await expected(linreg, 'optimize&format=memmapped')]
    const hashes = wanted.map((manifest) => manifest.sha256)
    const served = ({ deployed, packed }: Record<string, Served>): string[] => [deployed!.served, packed!.served]
    const page = await bundler.build(request(project, { sourceMap: true }))
    const how = classicHosts.has(host) ? 'classic' : 'module'
    expectMapped(project, page.entry)
    expect(served(await runInPage(browser, project, page.entry, how))).toEqual(hashes)

    const pageBytes = new Map(modelFiles(project).map((name) => [base + name, project.read(`dist/${name}`)]))
    const inNode = await runInNode(project, (await bundler.build(request(project, { output: 'node' }))).entry)
    const urls = [inNode.deployed!.url, inNode.packed!.url].map((url) => new URL(url))
    expect(urls.map((url) => sha256(pageBytes.get(url.pathname) ?? readFileSync(url)))).toEqual(hashes)

    const worker = await bundler.build(request(project, { output: 'worker' }))
    const start = bundler.makesWorkers ? how : 'classic worker'
    expect(served(await runInPage(browser, project, worker.entry, start))).toEqual(hashes)

    if (!bundler.serve) return
    const server = await bundler.serve(request(project))
    const { page: opened } = await openWatched(browser, server.url)
    try {
      await expect.poll(() => servedModels(opened).then(served, String), { timeout: 60_000 }).toEqual(hashes)
    } finally {
      await opened.context().close()
      await server.close()
    }
  },

  async paths(bundler, host) {
    const { hashInRoot, percentInRoot = true, hashInCache, leftOut, leftOutOfDev = [] } = limitsOf(host)
    const { workspace, project, imports, bytesOf, leaveOut } = makePathsApp(
      `Größe 1 [x]/(y) it's {z}${percentInRoot ? ' 50% a%20b' : ''}${hashInRoot ? ' #1' : ''}`,
      leftOut,
    )
    own(workspace)
    const outside = own(makeProject())
    const cacheDir = join(outside.root, `Größe 模型 [x] 50% a%20b it's${hashInCache ? ' #1' : ''}`)
    const files = [...new Set(Object.values(imports).map(({ file }) => file))]
    const manifests = new Map<string, ModelManifest>()
    for (const file of files) manifests.set(file, await expected(bytesOf(file), pathsQuery))

    const first = await bundler.build(request(project, { aliases, options: { cacheDir } }))
    expect([...new Set(first.ids)].sort()).toEqual(
      files.map((file) => `${workspace.root}/${file}?${pathsQuery}`).sort(),
    )
    expect(first.lines).toHaveLength(files.length)
    const built = modelFiles(project)
    expect(built.map((name) => sha256(project.read(`dist/${name}`))).sort()).toEqual(
      [...manifests.values()].map((manifest) => manifest.sha256).sort(),
    )
    expect(outside.list(basename(cacheDir))).toHaveLength(files.length)
    expect(project.list('node_modules/.cache')).not.toContain('unplugin-graphdef')

    const expectAll = (models: Record<string, Served>, without: readonly string[] = []): void => {
      expect(Object.keys(models)).toEqual(Object.keys(imports).filter((name) => !without.includes(name)))
      for (const [name, { url: _, served, ...manifest }] of Object.entries(models)) {
        const wanted = manifests.get(imports[name]!.file)!
        expect({ name, served, ...manifest }).toEqual({ name, served: wanted.sha256, ...wanted })
      }
    }
    expectAll(await runInPage(browser, project, first.entry, classicHosts.has(host) ? 'classic' : 'module'))

    // The same app, by a link to its root.
    symlinkSync(project.root, join(outside.root, 'link'), 'junction')
    process.env.GRAPHDEF_CACHE_DIR = cacheDir
    try {
      const linked = projectAt(join(outside.root, 'link'))
      const { lines } = await bundler.build(request(linked, { aliases }))
      expect(lines).toHaveLength(files.length)
      expect(lines.filter((line) => !line.includes('cached'))).toEqual([])
      expect(modelFiles(linked)).toEqual(built)
    } finally {
      delete process.env.GRAPHDEF_CACHE_DIR
    }

    if (!bundler.serve) return
    leaveOut(leftOutOfDev)
    const server = await bundler.serve(request(project, { aliases, options: { cacheDir } }))
    const { page, complaints } = await openWatched(browser, server.url)
    try {
      const names = (models: object): string[] => Object.keys(models)
      const wanted = Object.keys(imports).filter((name) => !leftOutOfDev.includes(name))
      const shown = (error: Error): string => [...complaints, error.message].join('\n')
      await expect.poll(() => servedModels(page).then(names, shown), { timeout: 20_000 }).toEqual(wanted)
      expectAll(await servedModels(page), leftOutOfDev)
    } finally {
      await page.context().close()
      await server.close()
    }
  },

  async errors(bundler) {
    for (const [name, bytes, query, lines] of broken) {
      const project = own(appWith(bytes, query))
      project.write('src/main.js', project.read('src/main.ts'))
      const message = await bundler.build(request(project)).then(
        () => 'the build did not fail',
        (error: Error) => error.message,
      )
      // Rspack draws a line along a text of several lines, and colours both where colours are wanted.
      const text = stripVTControlCharacters(message).replaceAll(/\n[\s│]+/g, '\n')
      for (const line of lines) expect(text, name).toContain(line.trim())
      expect(text, name).toContain(`file: ${project.root}/src/model.pb\nimport: ./model.pb?${query} in src/main.js\n`)
    }
  },

  async cache(bundler) {
    const project = own(makeApp())
    const cached = (built: Built): number => built.lines.filter((line) => line.includes('cached')).length
    const first = await bundler.build(request(project))
    const files = distFiles(project)
    expect(cached(first)).toBe(0)
    const second = await bundler.build(request(project))
    expect(second.lines).toHaveLength(2)
    expect(cached(second)).toBe(2)
    expect(distFiles(project)).toEqual(files)
    rmSync(join(project.root, 'node_modules/.cache/unplugin-graphdef'), { recursive: true })
    const third = await bundler.build(request(project))
    expect(cached(third)).toBe(0)
    expect(distFiles(project)).toEqual(files)
  },

  async folders(bundler) {
    const files: Record<string, string>[] = []
    for (let count = 0; count < 2; count++) {
      const project = own(makeApp())
      await bundler.build(request(project))
      files.push(distFiles(project))
    }
    expect(files[0]).toEqual(files[1])
  },

  async rule(bundler) {
    const project = own(makeApp())
    await bundler.build(request(project))
    const files = modelFiles(project)
    await bundler.build(request(project, { rule: true }))
    expect(modelFiles(project)).toEqual(files)
  },
}

/** What came of the tests that ran. */
const outcomes = new Map<string, 'ok' | 'FAILED'>()

describe.each(Object.keys(hosts))('%s', (host) => {
  for (const feature of Object.keys(features) as Feature[]) {
    if (hosts[host]![feature]) continue
    // Between a page and a dev server each host has gaps of its own, in which a loading page misses what the server tells.
    it(`${feature}: ${features[feature]}`, { retry: feature === 'dev' ? 1 : 0 }, async () => {
      outcomes.set(`${host} ${feature}`, 'FAILED')
      await checks[feature](bundlers[host]!, host)
      outcomes.set(`${host} ${feature}`, 'ok')
    })
  }
})

afterAll(() => {
  const { head, rows } = matrixRows((host, feature) => outcomes.get(`${host} ${feature}`) ?? 'not run')
  console.log([head, ...rows].map((cells) => [...cells.slice(1), cells[0]].join(' | ')).join('\n'))
})
