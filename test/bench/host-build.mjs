// Builds an app that has one large file, in a process of its own: node host-build.mjs HOST plain|plugin FOLDER
// `plain` is the host's own way to emit a file, `plugin` an import through ours. Prints milliseconds and peak memory in MiB.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'

const [, , host, way, root = ''] = process.argv
const require = createRequire(import.meta.url)
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

/** React Native's own command, for a page, with what takes most of its time left out: Babel for React Native. */
const metro = {
  main: withImport(''),
  async start() {
    const { bundleCommand } = require('@react-native/community-cli-plugin')
    const requireFromMetro = createRequire(require.resolve('metro'))
    const folderOf = (name) =>
      dirname((/^metro-/.test(name) ? requireFromMetro : require).resolve(`${name}/package.json`))
    const packages = Object.fromEntries(
      ['@react-native/assets-registry', '@react-native/js-polyfills', 'metro-runtime'].map((name) => [
        name,
        folderOf(name),
      ]),
    )
    globalThis.metroConfig = () => {
      const config = require('@react-native/metro-config').getDefaultConfig(root)
      const changed = {
        ...config,
        cacheStores: [],
        watchFolders: Object.values(packages),
        reporter: { update() {} },
        resolver: {
          ...config.resolver,
          assetExts: plugin ? config.resolver.assetExts : [...config.resolver.assetExts, 'pb'],
          useWatchman: false,
          extraNodeModules: packages,
          platforms: ['web'],
        },
        serializer: { ...config.serializer, getPolyfills: () => [], getModulesRunBeforeMainModule: () => [] },
        transformer: {
          ...config.transformer,
          enableBabelRuntime: false,
          assetRegistryPath: '@react-native/assets-registry/registry',
          babelTransformerPath: requireFromMetro.resolve('metro-babel-transformer'),
          getTransformOptions: async () => ({ transform: { experimentalImportSupport: true, inlineRequires: false } }),
        },
      }
      return plugin ? require('unplugin-graphdef/metro').withGraphdef(changed) : changed
    }
    writeFileSync(join(root, 'metro.config.cjs'), 'module.exports = globalThis.metroConfig()\n')
    const context = { root, reactNativePath: root, platforms: { web: {} } }
    const options = { config: join(root, 'metro.config.cjs'), entryFile: 'src/main.js', platform: 'web', dev: false }
    mkdirSync(dist, { recursive: true })
    return () =>
      bundleCommand.func([], context, {
        ...options,
        bundleOutput: join(dist, 'main.js'),
        assetsDest: dist,
        resetCache: true,
        maxWorkers: 2,
      })
  },
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
  'Metro 0.84': metro,
}

/** The highest memory of each process that this one started, in MiB. */
const peaks = new Map()

if (!host) {
  console.log(JSON.stringify(Object.keys(hosts)))
} else {
  const { main, start } = hosts[host]
  mkdirSync(join(root, 'src'), { recursive: true })
  writeFileSync(input, plugin ? ours : main)
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  const build = await start()
  const looking = setInterval(lookAtChildren, 20)
  const started = performance.now()
  await build()
  const milliseconds = performance.now() - started
  clearInterval(looking)
  const emitted = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.pb'))
  if (emitted.length !== 1) throw new Error(`${emitted.length} files were emitted`)
  const bytes = statSync(join(dist, emitted[0])).size
  console.log(JSON.stringify({ milliseconds, mebibytes: peakMemory(), bytes }))
  process.exit()
}

/** The peak of this process and of those that it started: an upper bound, for not all need be at theirs at once. */
function peakMemory() {
  lookAtChildren()
  return [...peaks.values()].reduce((sum, peak) => sum + peak, process.resourceUsage().maxRSS / 1024)
}

function lookAtChildren() {
  try {
    const tasks = readdirSync(`/proc/${process.pid}/task`)
    for (const task of tasks) {
      for (const id of readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').trim().split(' ')) {
        const peak = id && /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))
        if (peak) peaks.set(id, Number(peak[1]) / 1024)
      }
    }
  } catch {
    // Another system, or a process that has just ended.
  }
}
