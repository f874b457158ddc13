import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  filesEndingIn,
  isPath,
  resolveInNode,
  scanImports,
  specifiersIn,
} from '../../../src/plugin/metro/import-scan.js'
import { makeProject, type Project } from '../project.js'

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

describe('the imports in the text of a module', () => {
  it.each<[string, string, string[]]>([
    ['import', "import m from './m.pb?optimize'", ['./m.pb?optimize']],
    ['export … from', 'export * from "./m.pb?optimize=deploy"', ['./m.pb?optimize=deploy']],
    ['require', 'const m = require("./m.pb?format=memmapped")', ['./m.pb?format=memmapped']],
    ['import() of a template', 'import(`./m.pb?optimize`)', ['./m.pb?optimize']],
    [
      'several on a line',
      "f('./a.pb?optimize', './b.pbtxt.gz?optimize')",
      ['./a.pb?optimize', './b.pbtxt.gz?optimize'],
    ],
    [
      'the other quotes inside',
      `import m from './m.pb?optimize=remove_nodes(op="A")'`,
      ['./m.pb?optimize=remove_nodes(op="A")'],
    ],
    ['letters beyond ASCII', "import m from './mödel 模.pb?optimize'", ['./mödel 模.pb?optimize']],
    ['a module of a package', "import m from '@scope/models/m.pb?optimize'", ['@scope/models/m.pb?optimize']],
    ['a query that asks for nothing', "import m from './m.pb?url'", []],
    ['no query', "import m from './m.pb'", []],
    ['a template with holes', `import(\`./\${name}.pb?optimize\`)`, []],
    ['another kind of file', "import m from './m.onnx?optimize'", []],
  ])('%s', (_, text, specifiers) => {
    expect(specifiersIn(latin1(text)).sort()).toEqual([...specifiers].sort())
  })
})

describe('the models that an alias may mean', () => {
  const models = ['/app/src/models/m.pb', '/app/src/other/m.pb', 'C:\\app\\assets\\n.pb']
  it.each([
    ['@/models/m.pb', ['/app/src/models/m.pb']],
    ['models/m.pb', ['/app/src/models/m.pb']],
    ['~m.pb', []],
    ['#any/m.pb', ['/app/src/models/m.pb', '/app/src/other/m.pb']],
    ['@/assets/n.pb', ['C:\\app\\assets\\n.pb']],
    ['./models/m.pb', []],
  ])('%s', (path, files) => {
    expect(filesEndingIn(path, models)).toEqual(files)
  })
})

it('takes for a path what starts with a dot or at the root, with either separator', () => {
  expect(['./m.pb', '../m.pb', '.\\m.pb', '/m.pb'].map(isPath)).toEqual([true, true, true, true])
  expect(['m.pb', '@/m.pb', '.hidden/m.pb'].map(isPath)).toEqual([false, false, false])
})

describe('the scan', () => {
  let project: Project
  afterEach(() => project.remove())

  it('looks through the modules of a folder, but not in packages, hidden folders and declarations', () => {
    const text = "import './m.pb?optimize'"
    project = makeProject({
      'src/a.js': text,
      'src/m.pb': '',
      'src/deep/er/b.tsx': "import m from '../../m.pb?optimize=deploy'\nimport '@/src/m.pb?format=memmapped'",
      'src/c.txt': text,
      'src/d.d.ts': text,
      'src/missing.js': "import './missing.pb?optimize'",
      '.hidden/e.js': text,
      'node_modules/f/f.js': text,
    })
    const { root } = project
    const file = `${root}/src/m.pb`
    symlinkSync(join(root, 'src'), join(root, 'linked'))
    expect(scanImports([root, root, join(root, 'src')], ['js', 'tsx', 'ts'])).toEqual([
      { importer: `${root}/src/a.js`, specifier: './m.pb?optimize', file },
      { importer: `${root}/src/deep/er/b.tsx`, specifier: '../../m.pb?optimize=deploy', file },
      { importer: `${root}/src/deep/er/b.tsx`, specifier: '@/src/m.pb?format=memmapped', file },
    ])
  })

  it('finds packages where Node does, and where Metro is told to look', () => {
    project = makeProject({
      'app/main.js': '',
      'app/node_modules/near/package.json': '{ "exports": { "./m.pb": "./files/m.pb" } }',
      'app/node_modules/near/files/m.pb': '',
      'installed/node_modules/far/m.pb': '',
      'elsewhere/m.pb': '',
    })
    const { root } = project
    const importer = `${root}/app/main.js`
    const places = {
      nodeModulesPaths: [`${root}/installed/node_modules`],
      extraNodeModules: { extra: `${root}/elsewhere` },
    }
    const found = (path: string): string | undefined => resolveInNode(path, importer, places)?.slice(root.length)
    expect(['near/m.pb', 'far/m.pb', 'extra/m.pb', 'near/files/m.pb', 'none/m.pb'].map(found)).toEqual([
      '/app/node_modules/near/files/m.pb',
      '/installed/node_modules/far/m.pb',
      '/elsewhere/m.pb',
      undefined,
      undefined,
    ])
  })
})
