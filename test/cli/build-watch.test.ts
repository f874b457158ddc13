import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/build/load-config.js'
import { watchModels } from '../../src/build/watch-models.js'
import { makeProject, type Project } from '../plugin/project.js'
import { main, needBuild } from './command.js'
import { smallModel } from './small-model.js'

/** For the tests within this process; the others run in one of their own. */
const mocked = vi.hoisted(() => ({ watcher: undefined as unknown }))
vi.mock('chokidar', () => ({ watch: () => mocked.watcher }))

const model = smallModel()
const record = (low: number, high: number): string => `;r__print__;__requant_min_max:[${low}][${high}]\n`
const quantized = `
node { name: "q" op: "Placeholder" attr { key: "dtype" value { type: DT_QINT32 } } attr { key: "shape" value { shape { dim { size: 1 } } } } }
node { name: "a" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { } } } }
node { name: "r" op: "RequantizationRange" input: "q" input: "a" input: "a" attr { key: "Tinput" value { type: DT_QINT32 } } }
node { name: "y" op: "Requantize" input: "q" input: "a" input: "a" input: "r" input: "r:1" attr { key: "Tinput" value { type: DT_QINT32 } } attr { key: "out_type" value { type: DT_QUINT8 } } }
`

let project: Project
let watching: ChildProcess | undefined
let stdout: string
let stderr: string

beforeAll(needBuild)
afterEach(() => {
  watching?.kill('SIGKILL')
  project.remove()
})

function start(...given: string[]): void {
  stdout = ''
  stderr = ''
  watching = spawn(process.execPath, [main, 'build', '--watch', ...given], { cwd: project.root })
  watching.stdout!.on('data', (text) => {
    stdout += text
  })
  watching.stderr!.on('data', (text) => {
    stderr += text
  })
}

const patience = { timeout: 20_000, interval: 20 }

/** Waits for what is printed from now on. */
async function printed(pattern: RegExp, act: () => void = () => {}): Promise<void> {
  const from = stdout.length
  act()
  await expect.poll(() => stdout.slice(from), patience).toMatch(pattern)
}

async function complained(pattern: RegExp, act: () => void): Promise<void> {
  const from = stderr.length
  act()
  await expect.poll(() => stderr.slice(from), patience).toMatch(pattern)
}

async function ended(): Promise<unknown> {
  const exit = once(watching!, 'exit')
  watching!.kill('SIGINT')
  return (await exit)[0]
}

const shaOf = (folder: string): string => /sha256 = "(.*)"/.exec(`${project.read(`${folder}/a.js`)}`)![1]!

describe('graphdef build --watch', () => {
  it('builds what changes and what is new, survives what is broken, and ends at Ctrl-C with status 0', async () => {
    project = makeProject({ 'models/a.pb': model })
    start('models/*.pb?optimize=deploy', '--out-dir=models')
    await expect.poll(() => stdout, patience).toMatch(/a\.pb .*\nwatching one model; Ctrl-C ends\n$/)
    const first = shaOf('models')

    await printed(/^graphdef {2}models\/a\.pb .*\n/, () =>
      project.write('models/a.pb', smallModel({ output: 'answer' })),
    )
    await expect.poll(() => project.list('models'), patience).toHaveLength(4)
    expect(shaOf('models')).not.toBe(first)

    await printed(/^graphdef {2}models\/b\.pb .*\n/, () => project.write('models/b.pb', model))
    await complained(/^graphdef build: html-page: .*\n {2}file: .*b\.pb\n/, () =>
      project.write('models/b.pb', '<html>'),
    )
    await printed(/^graphdef {2}models\/b\.pb .*cached/, () => {
      // As editors do: a new file takes the place of the old one.
      project.write('new', model)
      renameSync(join(project.root, 'new'), join(project.root, 'models/b.pb'))
    })
    expect(await ended()).toBe(0)
    // What it wrote into the folder that it watches is no model of its own.
    const built = new Set(Array.from(stdout.matchAll(/^graphdef {2}(\S+)/gm), ([, name]) => name))
    expect([...built]).toEqual(['models/a.pb', 'models/b.pb'])
    expect(project.list('models').filter((name) => name.endsWith('.js'))).toEqual(['a.js', 'b.js'])
    expect(new Set(stderr.match(/^graphdef build: [\w-]+/gm))).toEqual(new Set(['graphdef build: html-page']))
  })

  it('waits for a folder that is not there, and for the file of a path', async () => {
    project = makeProject()
    start('deep/models/*.pb?optimize=deploy', 'more/a.pb?optimize=deploy', '--out-dir=out')
    await expect.poll(() => stdout, patience).toContain('watching one model')
    expect(stderr.match(/^graphdef build: .*/gm)).toEqual([
      'graphdef build: file-not-found: no model matches deep/models/*.pb',
      'graphdef build: file-not-found: there is no such file',
    ])
    await printed(/deep\/models\/b\.pb/, () => project.write('deep/models/b.pb', model))
    await printed(/more\/a\.pb/, () => project.write('more/a.pb', model))
    await complained(/there is no such file\n.*a\.pb\n/, () => rmSync(join(project.root, 'more/a.pb')))
    expect(stderr.match(/no model matches/g)).toHaveLength(1)
    expect(await ended()).toBe(0)
  })

  it('reads the configuration and side files anew', async () => {
    const config = (outDir: string): string =>
      JSON.stringify({
        build: [
          { models: 'a.pbtxt', optimize: 'freeze_requantization_ranges(min_max_log_file=logs/ranges.log)', outDir },
        ],
      })
    project = makeProject({
      'a.pbtxt': quantized,
      'logs/ranges.log': record(-1, 1),
      'graphdef.config.json': config('out'),
    })
    start()
    await expect.poll(() => stdout, patience).toContain('watching one model')
    const first = shaOf('out')
    await printed(/a\.pbtxt/, () => project.write('logs/ranges.log', record(-2, 2)))
    expect(shaOf('out')).not.toBe(first)
    await complained(/file-not-found: the file that min_max_log_file names is not there/, () =>
      rmSync(join(project.root, 'logs/ranges.log')),
    )
    await printed(/a\.pbtxt/, () => project.write('logs/ranges.log', record(-1, 1)))
    expect(shaOf('out')).toBe(first)

    await complained(/bad-config: the configuration cannot be loaded/, () => project.write('graphdef.config.json', '{'))
    await printed(/a\.pbtxt .*cached/, () => project.write('graphdef.config.json', config('elsewhere')))
    expect(project.list('elsewhere')).toHaveLength(3)
    const module = await import(pathToFileURL(join(project.root, 'elsewhere/a.js')).href)
    expect(module.sha256).toBe(first)
    expect(await ended()).toBe(0)
  })

  it('ends with an error where its configuration is wrong from the start', async () => {
    project = makeProject({ 'graphdef.config.json': '{ "biuld": [] }' })
    start()
    const [status] = await once(watching!, 'exit')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^graphdef build: bad-config: the configuration has no key "biuld"/)
  })
})

describe('where files cannot be watched', () => {
  it.each([
    [
      'ENOSPC',
      'The system watches no more files: raise fs.inotify.max_user_watches, or name a smaller folder in the glob.',
    ],
    ['EACCES', "Look at the folders' permissions."],
  ])('it says so: %s', async (code, remedy) => {
    project = makeProject({ 'graphdef.config.json': '{ "build": [] }' })
    const watcher = Object.assign(new EventEmitter(), { close: async () => {}, add: () => {} })
    mocked.watcher = watcher
    const load = () => loadConfig(join(project.root, 'graphdef.config.json'))
    const log = { print: () => {}, error: () => {}, progress: () => {} }
    const run = watchModels(load, project.root, log, new AbortController().signal)
    const failure = expect(run).rejects.toThrow(`the models' folders cannot be watched (${code})\n  ${remedy}`)
    await expect.poll(() => watcher.listenerCount('error')).toBe(1)
    watcher.emit('error', Object.assign(new Error('no'), { code }))
    await failure
  })
})
