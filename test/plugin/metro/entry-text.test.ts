import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { assetName, brokenModuleText, entryId } from '../../../src/plugin/metro/entry-text.js'
import { makeProject } from '../project.js'

describe('the name of an entry', () => {
  it('is that of the model and the request, on every system and in every order of the query', () => {
    const id = entryId('src/models/m.pb', 'optimize=deploy&format=memmapped')
    expect(id).toMatch(/^[0-9a-f]{16}$/)
    expect(entryId('src\\models\\m.pb', 'format=memmapped&optimize=deploy&t=1')).toBe(id)
    expect(entryId('src/models/n.pb', 'optimize=deploy&format=memmapped')).not.toBe(id)
    expect(entryId('src/models/m.pb', 'optimize=deploy')).not.toBe(id)
  })

  it.each([
    ['/src/mobilenet_v1.pb', 'mobilenet_v1'],
    ['C:\\app\\src\\Mobilenet V1.pb', 'mobilenet_v1'],
    ['/src/m@2x.pb', 'm_2x'],
    ['/src/m.ios.pb', 'm_ios'],
    ['/src/m.pbtxt.gz', 'm'],
    ['/src/224-é.mmpb', 'model_224_'],
    ['/src/模型.pb', 'model_'],
    ['/src/_m.pb', 'model_m'],
  ])('of %s has the asset %s, which Android takes for a resource', (file, name) => {
    expect(assetName(file)).toBe(name)
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
  })
})

it('has in the module of a broken model its error, each line as a comment', () => {
  expect(brokenModuleText(new Error('broken\n  file: /m.pb'))).toBe(
    '// broken\n//   file: /m.pb\nrequire("unplugin-graphdef/broken-model")\n',
  )
})

describe("Metro's asset plugin", () => {
  const plugin = createRequire(import.meta.url)('../../../src/plugin/metro/asset-plugin.cjs') as (
    asset: object,
  ) => object
  const id = '0123456789abcdef'

  it.each([
    [`/assets/.graphdef/${id}`, `/assets/graphdef/${id}`],
    [`/sub/app/assets/.graphdef/${id}`, `/sub/app/assets/graphdef/${id}`],
    [`/assets/?unstable_path=./.graphdef/${id}`, `/assets/?unstable_path=./graphdef/${id}`],
    [`/assets?export_path=/assets/apps/one/.graphdef/${id}`, `/assets?export_path=/assets/apps/one/graphdef/${id}`],
  ])('gives the model for the placeholder at %s', (location, served) => {
    const hash = 'a1b2c3d4'.repeat(4)
    const project = makeProject({ 'm.pb': JSON.stringify({ file: '/cache/m.pb', hash }) })
    try {
      const asset = {
        type: 'pb',
        name: 'm',
        scales: [1],
        files: [`${project.root}/m.pb`],
        httpServerLocation: location,
      }
      expect(plugin(asset)).toEqual({
        ...asset,
        hash,
        files: ['/cache/m.pb'],
        httpServerLocation: served,
      })
    } finally {
      project.remove()
    }
  })

  it('leaves all other assets', () => {
    for (const asset of [
      { type: 'pb', files: ['/m.pb'], httpServerLocation: '/assets/src' },
      { type: 'pb', files: ['/m.pb'], httpServerLocation: '/assets/.graphdef' },
      { type: 'png', files: ['/m.png'], httpServerLocation: `/assets/.graphdef/${id}` },
    ]) {
      expect(plugin(asset)).toBe(asset)
    }
  })
})
