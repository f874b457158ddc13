import { build as buildWithEsbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { afterEach, describe, expect, it } from 'vitest'
import graphdefForEsbuild from '../../src/esbuild.js'
import graphdefForRolldown from '../../src/rolldown.js'
import graphdef from '../../src/vite.js'
import { model } from '../models/models.js'
import { makeProject, type Project } from './project.js'

type Vite = typeof import('vite')

let project: Project
afterEach(() => project.remove())

function app(files: Record<string, string>): void {
  project = makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><script type="module" src="/src/main.tsx"></script>',
    ...files,
  })
  project.copy(model('ut_test_linreg').path, 'src/models/linreg.pb')
  project.copy(model('ut_test_conv').path, 'src/more/models/linreg.pb')
}

describe('the types of imports by attributes', () => {
  const types = async (): Promise<string> => {
    const { build } = await import('vite')
    await build({ root: project.root, configFile: false, logLevel: 'silent', plugins: [graphdef()] })
    return project.read('src/graphdef-env.d.ts').toString()
  }

  it('are exact where the path means one model, general where it means several, and go with the imports', async () => {
    const more = "export { default } from './models/linreg.pb' with {\n  'optimize': 'deploy', // as above\n}\n"
    const own = "import model from './models/linreg.pb' with { optimize: `deploy` }\nconsole.log(model)\n".replaceAll(
      '`',
      '"',
    )
    app({ 'src/main.tsx': own, 'src/more/model.ts': '' })
    const exact = await types()
    expect(exact).toContain(
      "declare module '*/models/linreg.pb' {\n  // src/main.tsx: './models/linreg.pb' with { optimize: 'deploy' }\n",
    )
    expect(exact).toContain("readonly dtype: 'float32'")
    // As a compiler sees it that checks types after plugins.
    expect(exact).toContain(
      "declare module '*/models/linreg.pb?optimize=deploy' {\n  // src/main.tsx: './models/linreg.pb' with",
    )

    project.write('src/main.tsx', `import more from './more/model.js'\n${own}console.log(more)\n`)
    project.write('src/more/model.ts', more)
    const general = await types()
    expect(general).toContain(
      "  // src/more/model.ts: './models/linreg.pb' with { optimize: 'deploy' }\n  const model: import('unplugin-graphdef').ModelAsset\n",
    )

    project.write('src/main.tsx', own)
    expect(await types()).toBe(general)
    project.write('src/more/model.ts', `// ${more.split('\n')[0]}`)
    expect(await types()).toBe(exact)
  })
})

describe('modules in TypeScript and JSX', () => {
  const main = `/** @jsxRuntime classic @jsx h */
import model from './models/linreg.pb' with { optimize: 'deploy' }
export { url } from './models/linreg.pb' assert { optimize: 'deploy' }
const h = (tag: string, properties: unknown, ...children: unknown[]): unknown => [tag, properties, children]
const same = <T,>(value: T): T => value
console.log(same<unknown>(model!.url), <p title="it's">it's {new URL('./models/linreg.pb?optimize=deploy', import.meta.url).href}</p>)
console.log(<code>new URL('./models/linreg.pb?optimize=deploy', import.meta.url)</code>)
`
  const check = (code: string): void => {
    expect(code.match(/new URL\(.\.\/models\/linreg\.pb\?optimize/g)).toHaveLength(1)
    expect(code).not.toMatch(/(?:with|assert) \{ optimize/)
    expect(code).toMatch(/new URL\(\w*[uU]rl\w*(?:, import\.meta\.url)?\)\.href/)
  }

  it.each<[string, () => Promise<Vite>]>([
    ['vite 8', () => import('vite')],
    ['vite 7', () => import('vite-7') as unknown as Promise<Vite>],
    ['vite 6', () => import('vite-6') as unknown as Promise<Vite>],
  ])('are read before %s compiles them', async (_, load) => {
    app({ 'src/main.tsx': main })
    const { build } = await load()
    await build({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [graphdef()],
      build: { minify: false, modulePreload: false },
    })
    const [script] = project.list('dist/assets').filter((name) => name.endsWith('.js'))
    check(project.read(`dist/assets/${script}`).toString())
  })

  it('are read before Rolldown compiles them', async () => {
    app({ 'src/main.tsx': main })
    const bundle = await rolldown({ cwd: project.root, input: 'src/main.tsx', plugins: [graphdefForRolldown()] })
    const { output } = await bundle.generate({ format: 'es' })
    check(output[0].code)
  })

  it('are read before esbuild compiles them, but for those that a loader takes for text', async () => {
    app({ 'src/main.tsx': main })
    const build = async (loader: Record<string, 'tsx' | 'text'>): Promise<string> => {
      const { outputFiles } = await buildWithEsbuild({
        absWorkingDir: project.root,
        entryPoints: ['src/main.tsx'],
        outdir: 'dist',
        bundle: true,
        write: false,
        format: 'esm',
        logLevel: 'silent',
        loader,
        plugins: [graphdefForEsbuild()],
      })
      return outputFiles.find(({ path }) => path.endsWith('.js'))!.text
    }
    check(await build({}))
    check(await build({ '.tsx': 'tsx' }))
    expect(await build({ '.tsx': 'text' })).toContain("with { optimize: 'deploy' }")
  })
})
