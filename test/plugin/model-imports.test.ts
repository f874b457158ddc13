import { describe, expect, it } from 'vitest'
import { ModelImports } from '../../src/plugin/model-imports.js'

describe('an import that leads nowhere', () => {
  const unresolved = (specifier: string): { message: string; file: string } => {
    const imports = new ModelImports({})
    imports.root = '/app'
    const { error, file } = imports.unresolved(specifier, '/app/src/main.js')
    return { message: error.message, file }
  }

  it.each(['@models/x.pb', '#models/x.pb', '~models/x.pb', 'some-package/x.pb'])(
    'is told to be no package and no alias: %s',
    (name) => {
      expect(unresolved(`${name}?optimize`).message).toBe(`there is no such file
  file: ${name}
  import: ${name}?optimize in src/main.js
  The bundler finds no package and no alias for it; a file beside the module is ./${name}`)
    },
  )

  it.each(['./no.pb', '/no.pb', 'C:\\app\\no.pb', 'C:/app/no.pb', '\\\\server\\share\\no.pb'])(
    'is told to be a wrong path: %s',
    (path) => {
      const { message, file } = unresolved(`${path}?optimize`)
      expect(file).toBe(path === './no.pb' ? '/app/src/no.pb' : path)
      expect(message).toContain('Look at the path; a relative one starts at the file that has the import.')
    },
  )
})
