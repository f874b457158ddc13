import { rmSync } from 'node:fs'
import { join } from 'node:path'
import alias from '@rollup/plugin-alias'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rolldown, watch as watchRolldown } from 'rolldown'
import { rollup, watch as watchRollup } from 'rollup'
import rolldownPlugin from '../../../src/rolldown.js'
import rollupPlugin from '../../../src/rollup.js'
import { aliasesOf, type BuildRequest, type Bundler, firstEnd, pluginLines } from '../bundler.js'

const formats = { page: 'es', script: 'iife', worker: 'iife', node: 'cjs' } as const

/** The options that both understand. */
function config({ project, output, sourceMap = false }: BuildRequest) {
  const ids: string[] = []
  const printed: string[] = []
  const idsPlugin = {
    name: 'ids',
    moduleParsed({ id }: { id: string }) {
      if (id.includes('.pb?')) ids.push(id)
    },
  }
  const entry = output === 'node' ? 'main.cjs' : 'main.js'
  return {
    ids,
    idsPlugin,
    entry,
    lines: () => pluginLines(printed),
    input: {
      input: join(project.root, 'src/main.js'),
      onLog: (_: unknown, log: { message: string }): void => void printed.push(log.message),
    },
    output: { dir: join(project.root, 'dist'), format: formats[output], entryFileNames: entry, sourcemap: sourceMap },
  }
}

const emptyOutput = ({ project }: BuildRequest): void =>
  rmSync(join(project.root, 'dist'), { recursive: true, force: true })

/** The plugins by which Rollup knows aliases and packages. */
const resolving = (request: BuildRequest) =>
  request.aliases ? [alias({ entries: aliasesOf(request) }), nodeResolve()] : []

/** Rollup knows no folder but the one that its process works in. */
export async function inFolder<T>({ project }: Pick<BuildRequest, 'project'>, work: () => Promise<T>): Promise<T> {
  const before = process.cwd()
  process.chdir(project.root)
  try {
    return await work()
  } finally {
    process.chdir(before)
  }
}

export const rollupBundler: Bundler = {
  async build(request) {
    emptyOutput(request)
    const { ids, idsPlugin, entry, lines, input, output } = config(request)
    await inFolder(request, async () => {
      const bundle = await rollup({
        ...input,
        plugins: [rollupPlugin(request.options), ...resolving(request), idsPlugin],
      })
      await bundle.write(output)
      await bundle.close()
    })
    return { entry, ids, lines: lines() }
  },
  async watch(request) {
    const { input, output } = config(request)
    return inFolder(request, async () => {
      const watcher = watchRollup({ ...input, output, plugins: [rollupPlugin(request.options)] })
      return { built: firstEnd(watcher), close: () => watcher.close() }
    })
  },
}

export const rolldownBundler: Bundler = {
  async build(request) {
    emptyOutput(request)
    const { ids, idsPlugin, entry, lines, input, output } = config(request)
    const bundle = await rolldown({
      ...input,
      cwd: request.project.root,
      resolve: { alias: aliasesOf(request) },
      ...(request.aliases ? { tsconfig: join(request.project.root, 'tsconfig.json') } : {}),
      moduleTypes: request.rule ? { '.pb': 'base64' } : {},
      plugins: [rolldownPlugin(request.options), idsPlugin],
    })
    await bundle.write(output)
    await bundle.close()
    return { entry, ids, lines: lines() }
  },
  async watch(request) {
    const { input, output } = config(request)
    const watcher = watchRolldown({
      ...input,
      cwd: request.project.root,
      output,
      plugins: [rolldownPlugin(request.options)],
    })
    return { built: firstEnd(watcher), close: () => watcher.close() }
  },
}
