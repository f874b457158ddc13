// Builds an app that has one large file, in a process of its own: node host-build.mjs HOST plain|plugin FOLDER
// `plain` is the host's own way to emit a file, `plugin` an import through ours. Prints milliseconds and peak memory in MiB.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const [, , host, way, root] = process.argv
const plugin = way === 'plugin'

/** The lines of the app's one module. */
const withImport = (query) => `import model from './large.pb${query}'\nglobalThis.model = model\n`
const withUrl = "globalThis.model = new URL('./large.pb', import.meta.url).href\n"
const ours = withImport('?optimize=strip_unused_nodes')

const load = async (name) => (plugin ? [(await import(`unplugin-graphdef/${name}`)).default()] : [])
const input = join(root, 'src/main.js')
const dist = join(root, 'dist')

/** Rollup's and Rolldown's only way. */
const emit = {
  name: 'emit',
  load(id) {
    if (!id.endsWith('.pb')) return null
    const reference = this.emitFile({ type: 'asset', name: 'large.pb', source: readFileSync(id) })
    return `export default import.meta.ROLLUP_FILE_URL_${reference}`
  },
}

function vite(name) {
  return {
    main: withImport('?url&no-inline'),
    async start() {
      const [{ build }, plugins] = [await import(name), await load('vite')]
      return () => build({ root, configFile: false, logLevel: 'error', plugins, build: { rollupOptions: { input } } })
    },
  }
}

function rollupLike(name) {
  return {
    main: withImport(''),
    async start() {
      const [{ rollup, rolldown = rollup }, own] = [await import(name), await load(name)]
      const plugins = plugin ? own : [emit]
      return async () => {
        const options = { input, plugins, onwarn() {}, ...(name === 'rolldown' ? { cwd: root } : {}) }
        const bundle = await rolldown(options)
        await bundle.write({ dir: dist, format: 'es' })
        await bundle.close()
      }
    },
  }
}

function webpackLike(name, pluginName) {
  return {
    main: withUrl,
    async start() {
      const [{ default: make }, plugins] = [await import(name), await load(pluginName)]
      const compiler = make({
        mode: 'production',
        context: root,
        entry: './src/main.js',
        output: { path: dist },
        infrastructureLogging: { level: 'error' },
        plugins,
      })
      return () =>
        new Promise((resolve, reject) => {
          compiler.run((error, stats) => {
            if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString()))
            else compiler.close(resolve)
          })
        })
    },
  }
}

const hosts = {
  'Vite 8': vite('vite'),
  'Vite 7': vite('vite-7'),
  'Vite 6': vite('vite-6'),
  'Rollup 4': rollupLike('rollup'),
  'Rolldown 1': rollupLike('rolldown'),
  'webpack 5': webpackLike('webpack', 'webpack'),
  'Rspack 2': webpackLike('@rspack/core', 'rspack'),
  esbuild: {
    main: withImport(''),
    async start() {
      const [{ build }, plugins] = [await import('esbuild'), await load('esbuild')]
      return () =>
        build({
          absWorkingDir: root,
          entryPoints: ['src/main.js'],
          bundle: true,
          format: 'esm',
          outdir: 'dist',
          logLevel: 'error',
          loader: plugin ? {} : { '.pb': 'file' },
          plugins,
        })
    },
  },
}

if (!host) {
  console.log(JSON.stringify(Object.keys(hosts)))
} else {
  const { main, start } = hosts[host]
  mkdirSync(join(root, 'src'), { recursive: true })
  writeFileSync(input, plugin ? ours : main)
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  const build = await start()
  const started = performance.now()
  await build()
  const milliseconds = performance.now() - started
  const emitted = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.pb'))
  if (emitted.length !== 1) throw new Error(`${emitted.length} files were emitted`)
  const bytes = statSync(join(dist, emitted[0])).size
  console.log(JSON.stringify({ milliseconds, mebibytes: peakMemory(), bytes }))
  process.exit()
}

/** The peak of this process, and of those that it started and that still run. */
function peakMemory() {
  const own = process.resourceUsage().maxRSS / 1024
  try {
    const started = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
    return started.filter(Boolean).reduce((sum, id) => {
      return sum + Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024
    }, own)
  } catch {
    return own
  }
}
