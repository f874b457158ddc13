import { fileURLToPath } from 'node:url'
import { GraphdefError } from '../../errors.js'
import { ModelImports } from '../model-imports.js'
import { followChanges, serveAssets } from './dev-server.js'
import { scanImports } from './import-scan.js'
import { completeConfig, type EnhanceMiddleware, type MetroConfig } from './metro-config.js'
import { type MetroOptions, readMetroOptions } from './metro-options.js'
import { ModelEntries } from './model-entries.js'
import { modelResolver } from './resolve-request.js'

/** What Metro takes for a configuration: an object, a promise of one, or a function that makes it of Metro's defaults. */
export type GivenConfig<Config> = Config | PromiseLike<Config> | ((base: Config) => Config | PromiseLike<Config>)

const assetPlugin = fileURLToPath(new URL('./asset-plugin.cjs', import.meta.url))
const modelExtensions = ['pb', 'pbtxt', 'pbmm', 'mmpb', 'gz']

/**
 * Metro's configuration with the imports of models: `module.exports = withGraphdef(getDefaultConfig(__dirname))`. What it gives
 * is a function, which Metro and Expo call with their defaults; so it has to be the outermost of several.
 *
 * The function rejects with a GraphdefError where the options are wrong. A model that cannot be made fails the build of what
 * imports it.
 */
export function withGraphdef<Config extends object>(
  config: GivenConfig<Config>,
  options: MetroOptions = {},
): (base?: Config) => Promise<Config> {
  return async (base) => {
    const given = await (typeof config === 'function' ? config(base ?? ({} as Config)) : config)
    return (await addModels(completeConfig(base, given), options)) as Config
  }
}

async function addModels(config: MetroConfig, given: MetroOptions): Promise<MetroConfig> {
  const { projectRoot: root, watchFolders = [], resolver, transformer, server, watcher } = config
  if (!root) {
    throw new GraphdefError('bad-config', {
      what: "Metro's configuration has no projectRoot",
      remedy: 'Write withGraphdef(getDefaultConfig(__dirname)).',
    })
  }
  const { options, scan, models } = readMetroOptions(given, root)
  const imports = new ModelImports(options)
  imports.root = root
  const cacheFolder = imports.cacheFolder()
  const entries = new ModelEntries({
    imports,
    root,
    registry: transformer?.assetRegistryPath ?? '',
    // The bundle may be written to standard output.
    print: (line) => console.error(line),
  })
  const scanned = scan ?? [...new Set([root, ...watchFolders])]
  for (const { specifier, file, importer } of scanImports(scanned, resolver?.sourceExts ?? [], resolver)) {
    entries.add(specifier, file, importer)
  }
  for (const { file, query } of models) entries.add(`${file}?${query}`, file, undefined)
  await entries.start()

  let serves = false
  const enhanceMiddleware: EnhanceMiddleware = (middleware, metro) => {
    serves = true
    followChanges(metro, entries).catch((error: unknown) => console.error(error))
    const serve = serveAssets(entries.folder, cacheFolder)
    const others = server?.enhanceMiddleware?.(middleware, metro) ?? middleware
    return (request, response, next) =>
      serve(request, response, (error) => (error ? next(error) : others(request, response, next)))
  }
  return {
    ...config,
    resolver: {
      ...resolver,
      assetExts: [...new Set([...(resolver?.assetExts ?? []), 'pb'])],
      resolveRequest: modelResolver({
        imports,
        entries,
        root,
        scan,
        own: resolver?.resolveRequest,
        serves: () => serves,
      }),
    },
    // Before the user's own, which may hash the files.
    transformer: { ...transformer, assetPlugins: [assetPlugin, ...(transformer?.assetPlugins ?? [])] },
    server: { ...server, enhanceMiddleware },
    watcher: {
      ...watcher,
      additionalExts: [...new Set([...(watcher?.additionalExts ?? []), ...modelExtensions, ...entries.extensions()])],
    },
  }
}
