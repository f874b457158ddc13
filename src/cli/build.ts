import type { LoadedConfig } from '../build/load-config.js'
import { GraphdefError } from '../errors.js'
import { type Command, defineCommand } from './command.js'
import { errorText } from './error-text.js'
import { custom, onOff, path } from './flags.js'

/** What the flags say of models that the command line names. */
interface OutputFlags {
  'out-dir': string | undefined
  'public-path': string | undefined
  name: string | undefined
  'no-hash': boolean
}

/** Does what an import does in a bundler, for hosts without plugins. */
export const build: Command = defineCommand({
  name: 'build',
  summary: 'builds models for hosts without plugins: each a hashed file, an ES module and its types',
  examples: [
    "graphdef build 'models/*.pb?optimize=deploy' --out-dir=src/models",
    'graphdef build                # what graphdef.config.js says',
    'graphdef build --watch',
  ],
  flags: {
    'out-dir': path({ value: 'FOLDER', help: 'where the files go' }),
    'public-path': custom('URL', (text) => text, {
      help: "where that folder is served, for a URL that does not depend on the module's: /models/",
    }),
    name: custom('NAME', (text) => text, { help: "what the files are called: '[name]-small'; [name] where not given" }),
    'no-hash': onOff({ help: "leaves the hash out of the name of the model's file", default: false }),
    watch: onOff({ help: 'builds again what changes, until Ctrl-C', default: false }),
  },
  operands: [
    {
      name: 'MODEL',
      help: "a path or glob with a query as in an import, in quotes: 'a.pb?optimize=deploy'; graphdef.config.js says it where none is given",
      required: false,
      many: true,
    },
  ],
  async run({ watch, ...flags }, models, terminal) {
    const root = process.cwd()
    const log = {
      print: (line: string) => terminal.print(line),
      progress: (text: string) => terminal.progress(text),
      error: (error: unknown) => terminal.printError(errorText(error, 'build')),
    }
    const load = (): Promise<LoadedConfig> => requestsOf(models, flags, root)
    if (watch) {
      const { watchModels } = await import('../build/watch-models.js')
      await watchModels(load, root, log, interrupted())
      return 0
    }
    const [{ ModelBuilder }, { planModels }] = await Promise.all([
      import('../build/build-models.js'),
      import('../build/model-job.js'),
    ])
    const { options, requests } = await load()
    const { jobs, problems } = await planModels(requests)
    problems.forEach(log.error)
    const failed = await new ModelBuilder(options, root, log).build(jobs)
    return failed + problems.length > 0 ? 1 : 0
  },
})

/** The models that the command line names, or else those of the configuration; its options count for both. */
async function requestsOf(models: readonly string[], flags: OutputFlags, root: string): Promise<LoadedConfig> {
  const [{ findConfig, loadConfig }, { readBuildRequest }, { resolveOptions }] = await Promise.all([
    import('../build/load-config.js'),
    import('../build/build-request.js'),
    import('../plugin/options.js'),
  ])
  const file = findConfig(root)
  const config = file ? await loadConfig(file) : { options: resolveOptions({}, root), requests: [] }
  if (models.length === 0) {
    const needless = Object.entries(flags).find(([, value]) => value)?.[0]
    if (needless && file) {
      throw new GraphdefError('bad-flag', {
        what: `--${needless} is for models that the command line names, and it names none`,
        file,
        remedy: 'Name them, or say it in the configuration: build: [{ models, outDir, publicPath, name, hash }].',
      })
    }
    if (config.requests.length === 0) throw nothingToBuild(file)
    return config
  }
  const outDir = flags['out-dir']
  if (outDir === undefined) {
    throw new GraphdefError('bad-flag', {
      what: '--out-dir is missing',
      remedy: `Name the folder for the files: graphdef build '${models[0]}' --out-dir=src/models`,
    })
  }
  const { 'public-path': publicPath, name } = flags
  const written = { query: '', outDir, publicPath, name, hash: !flags['no-hash'] }
  return {
    options: config.options,
    requests: models.map((text) => readBuildRequest({ ...written, models: text }, config.options, root, {})),
  }
}

function nothingToBuild(file: string | undefined): GraphdefError {
  return new GraphdefError('bad-config', {
    what: file ? 'the configuration has nothing to build' : 'there is nothing to build',
    file,
    key: file && 'build',
    remedy: [
      "Name models: graphdef build 'models/*.pb?optimize=deploy' --out-dir=src/models",
      "or list them in graphdef.config.js: build: [{ models: 'models/*.pb', optimize: 'deploy', outDir: 'src/models' }].",
    ].join('\n'),
  })
}

/** Tells of the first Ctrl-C; a second one ends the process. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  return controller.signal
}
