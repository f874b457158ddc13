import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { RememberedHashes } from '../../src/cache/remembered-hashes.js'
import { ModelLoader } from '../../src/plugin/model-loader.js'
import { resolveOptions } from '../../src/plugin/options.js'
import { largeModel } from '../bench/large-model.js'
import { makeProject, type Project } from './project.js'

let project: Project
afterEach(() => project.remove())

it('makes a large model right though a wrong hash of it is remembered', async () => {
  project = makeProject()
  const file = join(project.root, 'x.pb')
  const bytes = largeModel(10e6)
  writeFileSync(file, bytes)
  const cacheDir = join(project.root, 'cache')
  const loader = new ModelLoader(resolveOptions({ cacheDir }, project.root))
  const later = new RememberedHashes(() => loader.store.folder(), { now: () => Date.now() + 10_000 })
  later.of(file, 'source', () => 'the hash of another file')
  const model = await loader.load(file, 'optimize=strip_unused_nodes&outputs=output')
  expect(model.hit).toBe(false)
  expect(readFileSync(model.file).length).toBe(model.manifest.bytes)
  expect((await loader.load(file, 'optimize=strip_unused_nodes&outputs=output')).hit).toBe(true)
})
