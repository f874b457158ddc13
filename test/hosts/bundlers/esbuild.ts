import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, context, type Plugin } from 'esbuild'
import { vi } from 'vitest'
import graphdef from '../../../src/esbuild.js'
import { pageWith } from '../app.js'
import { aliasesOf, type BuildRequest, type Bundler, pluginLines } from '../bundler.js'

const formats = { page: 'esm', script: 'iife', worker: 'iife', node: 'cjs' } as const

function config(request: BuildRequest): BuildOptions & { metafile: true } {
  const { project, output, base, options, rule, sourceMap = false, hostConfig } = request
  return {
    absWorkingDir: project.root,
    entryPoints: [{ in: 'src/main.js', out: 'main' }],
    outdir: 'dist',
    bundle: true,
    minify: true,
    metafile: true,
    sourcemap: sourceMap,
    format: formats[output],
    platform: output === 'node' ? 'node' : 'browser',
    outExtension: output === 'node' ? { '.js': '.cjs' } : {},
    ...(output === 'page' ? { publicPath: base } : {}),
    alias: aliasesOf(request),
    loader: rule ? { '.pb': 'dataurl' } : {},
    plugins: [graphdef(options)],
    ...hostConfig,
  }
}

export const esbuildBundler: Bundler = {
  async build(request) {
    const { project, output } = request
    rmSync(join(project.root, 'dist'), { recursive: true, force: true })
    const printed: string[] = []
    const spy = vi.spyOn(console, 'error').mockImplementation((text) => void printed.push(text))
    try {
      const { metafile } = await build(config(request))
      const ids = Object.keys(metafile.inputs)
        .filter((name) => name.startsWith('graphdef:'))
        .map((name) => join(project.root, name.replace('graphdef:', '').replace(/ with \{.*\}$/, '')))
      return { entry: output === 'node' ? 'main.cjs' : 'main.js', ids, lines: pluginLines(printed) }
    } finally {
      spy.mockRestore()
    }
  },
  async watch(request) {
    const { plugins, ...rest } = config(request)
    let ended = () => {}
    const built = new Promise<void>((resolve) => {
      ended = resolve
    })
    const last: Plugin = { name: 'last', setup: ({ onEnd }) => onEnd(() => ended()) }
    const watching = await context({ ...rest, plugins: [...plugins!, last], logLevel: 'silent' })
    await watching.watch()
    return { built, close: () => watching.dispose() }
  },
  async serve(request) {
    const { project, base } = request
    const served = `served${base}`
    project.write(
      `${served}index.html`,
      pageWith(`<script type="module" src="${base}main.js"></script>
<script>new EventSource('/esbuild').addEventListener('change', () => location.reload())</script>`),
    )
    const serving = await context({ ...config(request), minify: false, outdir: served, logLevel: 'silent' })
    await serving.watch()
    const { port } = await serving.serve({ host: '127.0.0.1', port: 0, servedir: join(project.root, 'served') })
    const url = `http://127.0.0.1:${port}${base}`
    return {
      url,
      hot: false,
      // Its answer for a script that cannot be built.
      async shownError(page) {
        const [status, text] = await page.evaluate(async (script) => {
          const response = await fetch(script)
          return [response.status, await response.text()] as const
        }, `${url}main.js`)
        return status === 200 ? '' : text
      },
      close: () => serving.dispose(),
    }
  },
}
