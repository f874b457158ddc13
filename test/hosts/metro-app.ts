import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { getDefaultConfig } from '@react-native/metro-config'
import { loadConfig, runServer } from 'metro'
import { vi } from 'vitest'
import type { ModelAsset } from '../../src/manifest/types.js'
import { type MetroOptions, withGraphdef } from '../../src/metro.js'
import type { Project } from '../plugin/project.js'
import { makeApp } from './app.js'

const require = createRequire(import.meta.url)
const { bundleCommand } = require('@react-native/community-cli-plugin') as {
  bundleCommand: { func(argv: string[], context: object, options: object): Promise<void> }
}
const requireFromMetro = createRequire(require.resolve('metro'))

/** Where a package lies: beside Metro where it is one of Metro's own. */
export function packageFolder(name: string): string {
  const from = name.startsWith('metro-') ? requireFromMetro : require
  return dirname(from.resolve(`${name}/package.json`))
}

export type Platform = 'ios' | 'android' | 'web'

/** As much of React Native as the modules of models use, with React Native's own names for assets. */
const reactNative = `const { getAssetByID } = require('@react-native/assets-registry/registry')
const { getAndroidResourceIdentifier, getBasePath } = require('@react-native/assets-registry/path-support')
exports.Image = {
  resolveAssetSource(id) {
    const asset = getAssetByID(id)
    const { os, folder } = globalThis.device
    const path = folder + getBasePath(asset) + '/' + asset.name + '.' + asset.type
    if (folder.startsWith('http')) return { uri: path + '?platform=' + os + '&hash=' + asset.hash }
    return { uri: os === 'android' ? getAndroidResourceIdentifier(asset) : path }
  },
}
`

/** The app that every host builds, as an app of React Native. */
export function makeMetroApp(files: Record<string, string | Uint8Array> = {}): Project {
  return makeApp({
    'package.json': '{ "name": "app" }',
    'node_modules/react-native/package.json': '{ "name": "react-native", "main": "index.js" }',
    'node_modules/react-native/index.js': reactNative,
    'node_modules/react-native/Libraries/Core/InitializeCore.js': '',
    'node_modules/react-native/Libraries/Image/AssetRegistry.js':
      "module.exports = require('@react-native/assets-registry/registry')",
    ...files,
  })
}

// biome-ignore lint/suspicious/noExplicitAny: Metro's configuration is deep, and read-only in its types
export type Config = any

/** Where Metro keeps what it knows of the project: in it, so that it goes with it, but not among its files. */
export const ownFolder = 'metro-state'
const configFile = 'metro.config.cjs'

/** What React Native's template has, but that the packages lie elsewhere. */
export function defaultConfig({ root }: Project): Config {
  const config = getDefaultConfig(root) as Config
  const packages = {
    '@react-native/assets-registry': packageFolder('@react-native/assets-registry'),
    '@react-native/js-polyfills': packageFolder('@react-native/js-polyfills'),
    'metro-runtime': packageFolder('metro-runtime'),
  }
  return {
    ...config,
    watchFolders: Object.values(packages),
    cacheStores: ({ FileStore }: Config) => [new FileStore({ root: join(root, ownFolder, 'transformed') })],
    reporter: { update() {} },
    resolver: {
      ...config.resolver,
      blockList: new RegExp(`/${ownFolder}/`),
      useWatchman: false,
      extraNodeModules: packages,
      platforms: ['ios', 'android', 'web'],
    },
    transformer: { ...config.transformer, enableBabelRuntime: false },
    server: { ...config.server, port: 0 },
  }
}

/** Without what React Native needs of Babel, which takes most of a build's time. */
export function withoutReactNative(config: Config): Config {
  const transform = { experimentalImportSupport: true, inlineRequires: false }
  return {
    ...config,
    serializer: { ...config.serializer, getPolyfills: () => [], getModulesRunBeforeMainModule: () => [] },
    transformer: {
      ...config.transformer,
      assetRegistryPath: '@react-native/assets-registry/registry',
      babelTransformerPath: requireFromMetro.resolve('metro-babel-transformer'),
      getTransformOptions: async () => ({ transform }),
    },
  }
}

export interface MetroRequest {
  options?: MetroOptions
  /** Changes the configuration before the plugin has it. */
  change?: (config: Config) => unknown
  /** How many; one is no process of its own, and much faster to start. */
  workers?: number
}

const platforms = { ios: {}, android: {}, web: {} }

const place = globalThis as unknown as { metroConfigs: Record<string, () => (base?: Config) => Promise<Config>> }
place.metroConfigs = {}

/** Has the project's metro.config.js give this. */
async function configured<Result>(
  project: Project,
  { options, change = (config) => config }: MetroRequest,
  use: () => Promise<Result>,
): Promise<Result> {
  const state = join(project.root, ownFolder)
  mkdirSync(state, { recursive: true })
  project.write(configFile, 'module.exports = globalThis.metroConfigs[__dirname]()\n')
  delete require.cache[join(project.root, configFile)]
  place.metroConfigs[project.root] = () => withGraphdef<Config>(change(defaultConfig(project)), options)
  vi.stubEnv('TMPDIR', state)
  // The command sets it.
  vi.stubEnv('NODE_ENV', process.env.NODE_ENV)
  try {
    return await use()
  } finally {
    vi.unstubAllEnvs()
  }
}

export interface Bundle {
  /** The bundle's text. */
  code: string
  /** The files of the assets' folder. */
  assets: string[]
}

/** Builds with React Native's own command, into `dist`. */
export async function bundle(
  project: Project,
  platform: Platform,
  { dev = false, workers = 2, ...request }: MetroRequest & { dev?: boolean } = {},
): Promise<Bundle> {
  const { root } = project
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const context = { root, reactNativePath: join(root, 'node_modules/react-native'), platforms }
  await configured(project, request, () =>
    bundleCommand.func([], context, {
      config: join(root, configFile),
      entryFile: 'src/main.js',
      platform,
      dev,
      bundleOutput: join(root, 'dist/main.js'),
      assetsDest: join(root, 'dist/assets-of-app'),
      maxWorkers: workers,
    }),
  )
  const assets = readdirSync(join(root, 'dist/assets-of-app'), { recursive: true, encoding: 'utf8' })
  return { code: project.read('dist/main.js').toString(), assets: assets.filter((name) => name.endsWith('.pb')).sort() }
}

/** Runs a bundle as an engine on a device or a page would, and gives the models of the app. */
export function runBundle(
  code: string,
  os: Platform,
  folder: string,
  see: (context: object) => void = () => {},
): Record<string, ModelAsset> {
  const context: Record<string, unknown> = { console, setTimeout, clearTimeout, performance, device: { os, folder } }
  context.globalThis = context
  context.global = context
  context.window = context
  createContext(context)
  runInContext(code, context)
  see(context)
  const models = context.models as Record<string, ModelAsset>
  // `url` is read here, where the app reads it.
  return JSON.parse(JSON.stringify(models)) as Record<string, ModelAsset>
}

export interface DevServer {
  url: string
  port: number
  close(): Promise<void>
}

/** Starts Metro's own dev server. */
export async function serve(project: Project, { workers = 2, ...request }: MetroRequest = {}): Promise<DevServer> {
  let onClose = (): void => {}
  const ended = new Promise<void>((resolve) => {
    onClose = resolve
  })
  const { httpServer } = await configured(project, request, async () => {
    const config = await loadConfig({ config: join(project.root, configFile), cwd: project.root, maxWorkers: workers })
    return runServer(config, { host: '127.0.0.1', watch: true, onClose, waitForBundler: true })
  })
  const { port } = httpServer.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    async close() {
      httpServer.close()
      ;(httpServer as { closeAllConnections?(): void }).closeAllConnections?.()
      await ended
    },
  }
}

export const bundleUrl = (server: DevServer, platform: Platform, more = ''): string =>
  `${server.url}src/main.bundle?platform=${platform}&dev=true&minify=false${more}`
