import { statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { afterEach, expect, it } from 'vitest'
import graphdef from '../../src/esbuild.js'
import { WatchedModels } from '../../src/plugin/hosts/esbuild-watch.js'
import { largeModel } from '../bench/large-model.js'
import type { Project } from '../plugin/project.js'
import { distFiles, expected, linreg, makeApp, makeAppWithUrls, sha256 } from './app.js'
import { esbuildBundler } from './bundlers/esbuild.js'
import { runInNode } from './run-app.js'

let project: Project
afterEach(() => project.remove())

const hashes = async (): Promise<string[]> =>
  (await Promise.all(['optimize=deploy', 'optimize&format=memmapped'].map((query) => expected(linreg, query))))
    .map((manifest) => manifest.sha256)
    .sort()

it('puts the models beside an outfile', async () => {
  project = makeApp()
  await build({
    absWorkingDir: project.root,
    entryPoints: ['src/main.js'],
    outfile: 'dist/main.cjs',
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
    plugins: [graphdef()],
  })
  const files = distFiles(project)
  const models = Object.keys(files).filter((name) => name.endsWith('.pb'))
  expect(models.map((name) => files[name]).sort()).toEqual(await hashes())
  const { deployed } = await runInNode(project, 'main.cjs')
  expect(sha256(project.read(deployed!.url.slice(`file://${project.root}/`.length)))).toBe(deployed!.sha256)
})

it('gives the models among the output files where nothing is written', async () => {
  project = makeApp()
  const { outputFiles } = await build({
    absWorkingDir: project.root,
    entryPoints: ['src/main.js'],
    outdir: 'dist',
    bundle: true,
    write: false,
    logLevel: 'silent',
    plugins: [graphdef()],
  })
  const models = outputFiles.filter(({ path }) => path.endsWith('.pb'))
  expect(models.map(({ contents }) => sha256(contents)).sort()).toEqual(await hashes())
  expect(project.list('dist')).toEqual([])
})

it('gives a page that Node renders the URLs of the client build', async () => {
  project = makeApp()
  const common: BuildOptions = {
    absWorkingDir: project.root,
    entryPoints: ['src/main.js'],
    bundle: true,
    publicPath: '/static/',
    logLevel: 'silent',
    plugins: [graphdef()],
  }
  await build({ ...common, outdir: 'client', format: 'esm' })
  await build({ ...common, outdir: 'dist', platform: 'node', outExtension: { '.js': '.cjs' } })
  const { deployed, packed } = await runInNode(project, 'main.cjs')
  const client = project.list('client').filter((name) => name.endsWith('.pb'))
  expect([deployed!.url, packed!.url].sort()).toEqual(client.map((name) => join('/static/', name)))
})

it.each(['cjs', 'esm'] as const)('gives new URL in Node the path of the client build, in %s', async (format) => {
  project = makeAppWithUrls()
  const extension = format === 'cjs' ? '.cjs' : '.js'
  await build({
    absWorkingDir: project.root,
    entryPoints: ['src/main.js'],
    outdir: 'dist',
    outExtension: { '.js': extension },
    bundle: true,
    format,
    platform: 'node',
    publicPath: '/static/',
    logLevel: 'silent',
    plugins: [graphdef()],
  })
  const { deployed, packed } = await runInNode(project, `main${extension}`)
  const names = project.list('dist').filter((name) => name.endsWith('.pb'))
  expect([deployed!.url, packed!.url].sort()).toEqual(
    names.map((name) => new URL(`/static/${name}`, pathToFileURL(project.root)).href),
  )
})

it('watches a large model by a small file, which it may read', async () => {
  project = makeApp({
    'src/main.js':
      "import model from './large.pb?optimize=strip_unused_nodes&outputs=output'\nglobalThis.models = { model }\n",
    'src/large.pb': largeModel(10e6),
  })
  const file = join(project.root, 'src/large.pb')
  const watched = new WatchedModels(() => project.root)
  const small = watched.of(file)
  watched.close()
  expect(statSync(small).size).toBeLessThan(200)
  expect(watched.of(join(project.root, 'src/models/linreg.pb'))).toBe(join(project.root, 'src/models/linreg.pb'))

  const sizes = (): number[] =>
    Object.keys(distFiles(project))
      .filter((name) => name.endsWith('.pb'))
      .map((name) => statSync(join(project.root, 'dist', name)).size)
  const watching = await esbuildBundler.watch({ project, output: 'page', base: '/' })
  try {
    await watching.built
    const [before] = sizes()
    project.write('src/large.pb', largeModel(14e6))
    await expect.poll(() => Math.max(...sizes()), { timeout: 30_000 }).toBeGreaterThan(before!)
  } finally {
    await watching.close()
  }
})
