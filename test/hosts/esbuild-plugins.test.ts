import { type BuildOptions, build, type Loader, type Plugin } from 'esbuild'
import { afterEach, expect, it } from 'vitest'
import graphdef from '../../src/esbuild.js'
import type { Project } from '../plugin/project.js'
import { distFiles, expected, linreg, makeApp } from './app.js'

let project: Project
afterEach(() => project.remove())

const run = (options: BuildOptions = {}) =>
  build({
    absWorkingDir: project.root,
    entryPoints: ['src/main.js'],
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    logLevel: 'silent',
    plugins: [graphdef()],
    ...options,
  })
const errorOf = (options: BuildOptions): Promise<string> => run(options).then(() => 'the build did not fail', String)

const hashes = async (): Promise<string[]> =>
  (await Promise.all(['optimize=deploy', 'optimize&format=memmapped'].map((query) => expected(linreg, query))))
    .map((manifest) => manifest.sha256)
    .sort()
function modelHashes(): string[] {
  const files = distFiles(project)
  const names = Object.keys(files).filter((name) => name.endsWith('.pb'))
  return names.map((name) => files[name]!).sort()
}

/** A plugin of a user that makes modules of files. */
const takes = (filter: RegExp): Plugin => ({
  name: 'takes',
  setup({ onLoad }) {
    onLoad({ filter }, () => ({ contents: 'export default "taken"' }))
  },
})

it.each(['dataurl', 'copy', 'binary', 'base64', 'file', 'text', 'empty'] satisfies Loader[])(
  "has the model whatever the user's own loader for .pb is: %s",
  async (loader) => {
    project = makeApp()
    await run({ loader: { '.pb': loader } })
    expect(modelHashes()).toEqual(await hashes())
  },
)

it("leaves a loader of the user's own its imports", async () => {
  project = makeApp({ 'src/main.js': `import plain from './models/linreg.pb'\nglobalThis.plain = plain\n` })
  await run({ loader: { '.pb': 'dataurl' } })
  expect(project.read('dist/main.js').toString()).toContain(linreg.toString('base64'))
})

it.each(['before', 'after'])('fails where a plugin %s it takes the file that esbuild was to copy', async (place) => {
  project = makeApp()
  const plugins = place === 'before' ? [takes(/\.pb$/), graphdef()] : [graphdef(), takes(/\.pb$/)]
  expect(await errorOf({ plugins })).toContain(`another plugin took the model from esbuild, which was to copy it
  file: ${project.root}/src/models/linreg.pb
  Have the plugin that loads .pb files leave out paths that end in .graphdef.pb.`)
})

it('works beside a plugin that leaves its files out', async () => {
  project = makeApp()
  await run({ plugins: [takes(/models\/\w+\.pb$/), graphdef()] })
  expect(modelHashes()).toEqual(await hashes())
})

it('fails where esbuild does not bundle', async () => {
  project = makeApp()
  expect(
    await errorOf({ bundle: false }),
  ).toContain(`esbuild does not bundle, so that all imports stay as they are, and those of models find nothing
  Set bundle: true, or leave the plugin out of this build.`)
})

it('fails where the import is external', async () => {
  project = makeApp()
  expect(
    await errorOf({ external: ['*.pb'] }),
  ).toContain(`the import is external by esbuild's options, so that it would be there as it is when the app runs
  import: ./models/linreg.pb?optimize=deploy in src/main.js
  Leave it out of external; where packages is 'external', import the model by a relative path.`)
})
