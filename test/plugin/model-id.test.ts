import { describe, expect, it } from 'vitest'
import { modelId, modelIdPattern, modelPathPattern, splitModelId } from '../../src/plugin/model-id.js'
import { withSlashes } from '../../src/plugin/with-slashes.js'

describe('the ids of models', () => {
  it.each([
    'C:\\app\\größe 1\\x.pb',
    'C:/app/x.pb',
    '\\\\server\\share\\x.pb.gz',
    '//server/share/x.pbtxt',
    '/app/#1/a#b.pb',
    "/app/[id]/(a) {b}/it's 50% a%20b & c+d=e,f;g.pb",
    '/app/net@2x.pb',
    '#models/x.pb',
    '@app/models/x.pb',
    '/app/模型 😀.pbmm',
  ])('have the file %s as it is', (file) => {
    const asked = splitModelId(`${file}?b=1&optimize`)
    expect(asked).toEqual({ file, query: 'b=1&optimize' })
    expect(splitModelId(modelId(file, asked!.query))).toEqual({ file, query: 'b=1&optimize' })
    expect(modelIdPattern.test(`${file}?optimize`)).toBe(true)
    expect(modelPathPattern.test(file)).toBe(true)
  })

  it('leave a fragment after the query out, and take one before it for a part of the path', () => {
    expect(splitModelId('./a#b.pb?optimize#c')).toEqual({ file: './a#b.pb', query: 'optimize' })
    expect(splitModelId('./a.pb#b?optimize')).toBeUndefined()
  })
})

describe('a path with slashes', () => {
  it('has them in the place of the separator, and only of that', () => {
    expect(withSlashes('C:\\app\\x.pb', '\\')).toBe('C:/app/x.pb')
    expect(withSlashes('\\\\server\\share\\x.pb', '\\')).toBe('//server/share/x.pb')
    expect(withSlashes('/app/a\\b.pb', '/')).toBe('/app/a\\b.pb')
  })
})
