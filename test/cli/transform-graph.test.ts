import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../src/codec/read-model.js'
import { runHere } from './in-process.js'
import { testFolder, writeSmallModel } from './small-model.js'

interface Case {
  folder: string
  source: string
  target: string
}

function small(): Case {
  const folder = testFolder()
  return { folder, source: writeSmallModel(folder, 'frozen.pb'), target: join(folder, 'out.pb') }
}

function transform(
  { source, target }: Pick<Case, 'source' | 'target'>,
  ...flags: string[]
): ReturnType<typeof runHere> {
  return runHere('transform_graph', `--in_graph=${source}`, `--out_graph=${target}`, ...flags)
}

/** What was written, and no more: no temporary file is left. */
function filesIn(folder: string): string[] {
  return readdirSync(folder).sort()
}

describe('transform_graph', () => {
  it('writes the result and says what was done in one line', async () => {
    const { folder, source, target } = small()
    const { status, stdout, stderr } = await transform(
      { source, target },
      '--inputs=input',
      '--outputs=softmax',
      '--transforms=deploy',
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [line, ...rest] = stdout.split('\n')
    expect(line!.replace(/[<\d.]+ m?s$/, 'TIME')).toBe(
      `graphdef  ${source}  12.1 kB → 11.9 kB  deploy: 8 transforms, TIME`,
    )
    expect(rest).toEqual([
      '  nothing to do: inline_functions, resolve_conditionals, remove_idle_dropout, fold_old_batch_norms',
      '',
    ])
    expect(filesIn(folder)).toEqual(['frozen.pb', 'out.pb'])
    const { graph } = await readModel(new Uint8Array(readFileSync(target)))
    expect(graph.nodes.map(({ op }) => op).sort()).toEqual(['Const', 'Conv2D', 'Placeholder', 'Softmax'])
  })

  it('says what is lossy, and tells about every step with --verbose', async () => {
    const { stdout } = await transform(
      small(),
      '--outputs=softmax',
      '--transforms=strip_unused_nodes quantize_weights(minimum_size=1)',
      '--verbose',
    )
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/ {2}2 transforms, .+ {3}lossy: quantize_weights, largest relative error \d/)
    expect(lines[1]).toMatch(/^ {2}strip_unused_nodes {16}12 → 11 nodes, 12\.1 kB, .+ms$/)
    expect(lines[2]).toMatch(/^ {2}quantize_weights\(minimum_size=1\) {2}11 → \d+ nodes, .+ kB → .+ kB, .+ms$/)
    expect(lines[3]).toMatch(/^ {4}largest relative error /)
  })

  it('finds inputs and outputs that are not given', async () => {
    const { source, target } = small()
    await transform({ source, target }, '--outputs=softmax', '--transforms=strip_unused_nodes')
    const { graph } = await readModel(new Uint8Array(readFileSync(target)))
    expect(graph.has('picture')).toBe(true)
    expect(graph.has('left')).toBe(false)
  })

  it("writes protobuf's text format, which can be read again", async () => {
    const { source, target } = small()
    await transform({ source, target }, '--outputs=softmax', '--transforms=deploy', '--output_as_text')
    expect(readFileSync(target, 'utf8')).toMatch(/^node \{\n {2}name: "picture"\n/)
    const again = await transform({ source: target, target: `${target}2` }, '--transforms=deploy')
    expect(again).toMatchObject({ status: 0, stderr: '' })
  })

  it('may write over the file it reads', async () => {
    const { folder, source } = small()
    const { status } = await transform({ source, target: source }, '--outputs=softmax', '--transforms=deploy')
    expect(status).toBe(0)
    expect(filesIn(folder)).toEqual(['frozen.pb'])
    expect(readFileSync(source).length).toBeLessThan(12_000)
  })

  it('keeps a symbolic link and writes what it points to', async () => {
    const { folder, source, target } = small()
    mkdirSync(join(folder, 'models'))
    writeFileSync(join(folder, 'models', 'real.pb'), 'old')
    symlinkSync(join('models', 'real.pb'), target)
    await transform({ source, target }, '--outputs=softmax', '--transforms=deploy')
    expect(lstatSync(target).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(folder, 'models', 'real.pb')).length).toBeGreaterThan(10_000)
  })

  it('writes to what is no plain file', async () => {
    const { source } = small()
    const { status } = await transform({ source, target: '/dev/null' }, '--outputs=softmax', '--transforms=deploy')
    expect(status).toBe(0)
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})

describe('transform_graph fails with one error and no file', () => {
  async function failure(given: Case, ...flags: string[]): Promise<string> {
    const before = filesIn(given.folder)
    const { status, stdout, stderr } = await transform(given, ...flags)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(filesIn(given.folder)).toEqual(before)
    return stderr
      .replaceAll(given.folder, 'FOLDER')
      .replace(/^graphdef transform_graph: /, '')
      .trimEnd()
  }

  it('on a missing flag', async () => {
    const { folder } = small()
    const { status, stderr } = await runHere('transform_graph', `--in_graph=${folder}/a.pb`, '--transforms=deploy')
    expect(status).toBe(1)
    expect(stderr).toContain('bad-flag: --out_graph is missing\n')
    expect(stderr).toContain(`graphdef transform_graph --in_graph=${folder}/a.pb --out_graph=FILE --transforms=deploy`)
  })

  it('on an unknown transform', async () => {
    expect(await failure(small(), '--transforms=strip_unused_nodes fold_constant')).toMatch(
      /^unknown-transform: .+\n {2}strip_unused_nodes fold_constant\n {21}\^\n {2}did you mean "fold_constants"\?\n/,
    )
  })

  it('on a parenthesis that is never closed', async () => {
    expect(await failure(small(), '--transforms=round_weights(num_steps=256')).toBe(
      [
        'chain-syntax: the parenthesis after "round_weights" is never closed',
        '  round_weights(num_steps=256',
        '               ^',
        '  Add a ) at the end of its parameters.',
      ].join('\n'),
    )
  })

  it('on a file that is not there, naming one that may be meant', async () => {
    const given = small()
    writeSmallModel(given.folder, 'other.pb')
    const source = join(given.folder, 'frosen.pb')
    expect(await failure({ ...given, source }, '--transforms=deploy')).toBe(
      [
        'file-not-found: there is no such file',
        '  file: FOLDER/frosen.pb',
        '  did you mean "frozen.pb"?',
        '  Models in that folder: frozen.pb, other.pb.',
      ].join('\n'),
    )
    const elsewhere = join(given.folder, 'none', 'a.pb')
    expect(await failure({ ...given, source: elsewhere }, '--transforms=deploy')).toContain(
      '  There is no model in that folder.',
    )
  })

  it('on a folder', async () => {
    const given = small()
    expect(await failure({ ...given, source: given.folder }, '--transforms=deploy')).toBe(
      [
        'file-not-found: this is a folder, not a model',
        '  file: FOLDER',
        '  Name one of the models in it: frozen.pb.',
      ].join('\n'),
    )
  })

  it('on a file that is no graph', async () => {
    const given = small()
    writeFileSync(given.source, '<!DOCTYPE html><html></html>')
    expect(await failure(given, '--transforms=deploy')).toMatch(/^html-page: .+\n {2}file: FOLDER\/frozen\.pb\n/)
  })

  it('on a file that is cut short', async () => {
    const given = small()
    writeFileSync(given.source, readFileSync(given.source).subarray(0, 5000))
    expect(await failure(given, '--transforms=deploy')).toMatch(/^truncated: .+\n {2}file: FOLDER\/frozen\.pb\n/)
  })

  it('on an output that is not in the graph', async () => {
    expect(await failure(small(), '--outputs=softmx', '--transforms=deploy')).toMatch(
      /^unknown-output: .*"softmx".*\n {2}file: FOLDER\/frozen\.pb\n[\s\S]*did you mean "softmax"/,
    )
  })

  it('and leaves a file that was there before as it was', async () => {
    const given = small()
    writeFileSync(given.target, 'old')
    await failure(given, '--outputs=softmx', '--transforms=deploy')
    expect(readFileSync(given.target, 'utf8')).toBe('old')
  })

  it('on a folder of the result that is not there', async () => {
    const given = small()
    const target = join(given.folder, 'none', 'out.pb')
    expect(await failure({ ...given, target }, '--outputs=softmax', '--transforms=deploy')).toBe(
      [
        'cannot-write: the result cannot be written (ENOENT)',
        '  file: FOLDER/none/out.pb',
        '  Its folder does not exist: make it first.',
      ].join('\n'),
    )
  })

  it('on a folder in the place of the result', async () => {
    const given = small()
    mkdirSync(given.target)
    expect(await failure(given, '--outputs=softmax', '--transforms=deploy')).toBe(
      [
        'cannot-write: the result cannot be written (EISDIR)',
        '  file: FOLDER/out.pb',
        '  This is a folder; name a file in it.',
      ].join('\n'),
    )
  })

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'on what it may not read or write (not as root, who may)',
    async () => {
      const given = small()
      chmodSync(given.source, 0)
      expect(await failure(given, '--transforms=deploy')).toContain('the file cannot be read (EACCES)')
      chmodSync(given.source, 0o600)
      mkdirSync(join(given.folder, 'closed'), { mode: 0o500 })
      const target = join(given.folder, 'closed', 'out.pb')
      expect(await failure({ ...given, target }, '--outputs=softmax', '--transforms=deploy')).toContain(
        "Look at the folder's permissions.",
      )
      expect(existsSync(target)).toBe(false)
    },
  )
})
