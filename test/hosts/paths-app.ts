import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { makeProject, type Project } from '../plugin/project.js'
import { parseGraph } from '../transforms/graph-text.js'

/** An import in the app. */
interface PathImport {
  /** The specifier without its query. */
  readonly specifier: string
  /** The file that it means, from the workspace's root. */
  readonly file: string
  /** The module that has it, from `src`; `main.js` where not given. */
  readonly module?: string
}

/** A workspace with an app in it, whose folder has a name as difficult as its files have. */
export interface PathsApp {
  /** The app, whose root is a folder of the workspace. */
  readonly project: Project
  /** The workspace's root. */
  readonly workspace: Project
  /** The app's imports by name. */
  readonly imports: Readonly<Record<string, PathImport>>
  readonly bytesOf: (file: string) => Uint8Array
  /** Takes imports out of the app. */
  leaveOut(names: readonly string[]): void
}

/** The folder that the alias of every host stands for, from the app's root. */
export const aliases: Readonly<Record<string, string>> = { '@models': 'src/models' }

/** The query of all the app's imports. */
export const pathsQuery = 'optimize'

/** What of such paths a host cannot have itself. */
export interface PathLimits {
  /** Whether the root may have a `#` in its path. Vite says of itself that it may not. */
  readonly hashInRoot: boolean
  /** Whether it may have a `%`: the dev servers of Vite 6 and 7 then find not even the page. */
  readonly percentInRoot?: boolean
  /** Whether the cache may. */
  readonly hashInCache: boolean
  /** The imports that it cannot have: by rules for paths that it does not know, or of a module in a folder with a `#`. */
  readonly leftOut: readonly string[]
  /** Those that its dev server cannot have beside these: it finds no module with a `#` or `%` in its path. */
  readonly leftOutOfDev?: readonly string[]
}

const leftOutOfDev = ['percent', 'hash', 'inFolder']

const limits: Readonly<Record<string, PathLimits>> = {
  'Vite 8': { hashInRoot: false, hashInCache: false, leftOut: [], leftOutOfDev },
  'Vite 7': { hashInRoot: false, percentInRoot: false, hashInCache: false, leftOut: ['tsconfigPaths'], leftOutOfDev },
  'Vite 6': { hashInRoot: false, percentInRoot: false, hashInCache: false, leftOut: ['tsconfigPaths'], leftOutOfDev },
  'Rollup 4': { hashInRoot: true, hashInCache: true, leftOut: ['tsconfigPaths', 'fromRoot'] },
  'Rolldown 1': { hashInRoot: true, hashInCache: true, leftOut: ['fromRoot'] },
  'webpack 5': { hashInRoot: true, hashInCache: true, leftOut: [] },
  'Rspack 2': { hashInRoot: true, hashInCache: true, leftOut: ['fromRoot'] },
  esbuild: { hashInRoot: true, hashInCache: true, leftOut: ['fromRoot'] },
}

export const limitsOf = (host: string): PathLimits => limits[host]!

/** A graph that only one file has. */
function graphOf(number: number): Uint8Array {
  const { graph } = parseGraph(`x = Placeholder[dtype=float, shape=shape[1]]()\nnet${number} = Relu[T=float](x)\n`)
  return joinSlices(encodeGraphDef(graph).list)
}

/**
 * Writes the workspace: an app, a package linked into `node_modules`, two packages that are hoisted there.
 *
 * @param folder the app's folder in the workspace
 * @param leftOut the imports that a host cannot have
 */
export function makePathsApp(folder: string, leftOut: readonly string[] = []): PathsApp {
  const own = (path: string): string => `${folder}/src/${path}`
  const up = '../'.repeat(folder.split('/').length + 1)
  const relativeImport = (path: string): PathImport => ({ specifier: `./${path}`, file: own(path) })
  const scale = own('models/net@2x.pb')
  const linked = 'packages/netze/models/net.pb'
  const all: Record<string, PathImport> = {
    unicode: relativeImport('models/größe 模型 😀.pb'),
    percent: relativeImport('models/50% of a%20b.pb'),
    brackets: relativeImport('models/[id]/(a) {b}.pb'),
    hash: relativeImport('models/#1/c#.pb'),
    punctuation: relativeImport("models/it's & a+b=c,d;e~$f.pb"),
    scale: relativeImport('models/net@2x.pb'),
    alias: { specifier: '@models/net@2x.pb', file: scale },
    tsconfigPaths: { specifier: '~models/net@2x.pb', file: scale },
    packageImports: { specifier: '#models/net@2x.pb', file: scale },
    fromRoot: { specifier: '/src/models/net@2x.pb', file: scale },
    linked: { specifier: '@app/netze/net.pb', file: linked },
    linkedByPath: { specifier: `${up}${linked}`, file: linked },
    hoisted: { specifier: 'hoisted/models/a b.pb', file: 'node_modules/hoisted/models/a b.pb' },
    inFolder: { specifier: '../models/net@2x.pb', file: scale, module: '#2/größe.js' },
    exported: { specifier: 'exported/klein.pb', file: 'node_modules/exported/dist/größe-1.pb' },
  }
  const imports = Object.fromEntries(Object.entries(all).filter(([name]) => !leftOut.includes(name)))
  const files = [...new Set(Object.values(imports).map(({ file }) => file))]
  const bytesOf = (file: string): Uint8Array => graphOf(files.indexOf(file))
  const importOf = (name: string): string =>
    `import ${name} from ${JSON.stringify(`${imports[name]!.specifier}?${pathsQuery}`)}\n`
  const names = Object.keys(imports)
  const mainOf = (names: readonly string[]): string =>
    [
      ...names.map((name) => {
        const { module } = imports[name]!
        return module ? `import ${name} from ${JSON.stringify(`./${module}`)}\n` : importOf(name)
      }),
      `globalThis.models = { ${names.join(', ')} }\n`,
    ].join('')
  const main = `${folder}/src/main.js`
  const elsewhere = names.filter((name) => imports[name]!.module)
  const workspace = makeProject({
    'package.json': '{ "private": true, "workspaces": ["packages/*"] }',
    'packages/netze/package.json': packageJson('@app/netze', { './*.pb': './models/*.pb' }),
    'node_modules/hoisted/package.json': packageJson('hoisted'),
    'node_modules/exported/package.json': packageJson('exported', { './klein.pb': './dist/größe-1.pb' }),
    [`${folder}/package.json`]: JSON.stringify({ type: 'module', imports: { '#models/*': './src/models/*' } }),
    [`${folder}/tsconfig.json`]: JSON.stringify({
      compilerOptions: { allowJs: true, paths: { '~models/*': ['./src/models/*'] } },
      files: ['src/main.js'],
    }),
    [main]: mainOf(names),
    ...Object.fromEntries(
      elsewhere.map((name) => [own(imports[name]!.module!), `${importOf(name)}export default ${name}\n`]),
    ),
    ...Object.fromEntries(files.map((file) => [file, bytesOf(file)])),
  })
  const link = join(workspace.root, 'node_modules/@app/netze')
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(relative(dirname(link), join(workspace.root, 'packages/netze')), link, 'junction')
  const leaveOut = (others: readonly string[]): void =>
    workspace.write(main, mainOf(names.filter((name) => !others.includes(name))))
  return { project: workspace.in(folder), workspace, imports, bytesOf, leaveOut }
}

function packageJson(name: string, exports?: Record<string, string>): string {
  return JSON.stringify({ name, version: '1.0.0', type: 'module', exports })
}
