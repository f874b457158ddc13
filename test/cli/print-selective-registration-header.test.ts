import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeGraph } from './graph-file.js'
import { runHere } from './in-process.js'
import { testFolder } from './small-model.js'

const graph = `
x = Placeholder[dtype=float]()
y = Cast[SrcT=float, DstT=int32](x)
z = Relu[T=float](x)
`

async function header(...flags: string[]): Promise<string> {
  const file = writeGraph(testFolder(), 'model.pb', graph)
  const { status, stdout, stderr } = await runHere('print_selective_registration_header', `--graphs=${file}`, ...flags)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

const hasCompiler = spawnSync('g++', ['--version']).status === 0

describe('print_selective_registration_header', () => {
  it('lists the ops of the graphs and those that are always registered, with their types', async () => {
    const text = await header()
    expect(text).toContain('|| SameOp(op, "Cast")\n      || SameOp(op, "NoOp")')
    expect(text).toContain('//   Cast: DstT=int32 SrcT=float\n')
    expect(text).toContain('//   NoOp\n')
    expect(text).toContain('Kernel classes cannot be told from a graph: every kernel of the ops below is registered')
    expect(text).toContain('#define SHOULD_REGISTER_OP_KERNEL(clz) true')
    expect(text).toContain('#define SHOULD_REGISTER_OP_GRADIENT false')
  })

  it('takes other ops, or all', async () => {
    expect(await header('--default_ops=Elu:EluOp')).toMatch(/"Cast".*"Elu".*"Placeholder"/s)
    expect(await header('--default_ops=Elu:EluOp')).not.toContain('NoOp')
    expect(await header('--default_ops=all')).toContain('#define SHOULD_REGISTER_OP(op) true')
  })

  it.skipIf(!hasCompiler)('is a header that a C++ compiler takes (skipped where there is no g++)', async () => {
    const folder = testFolder()
    const program = [
      await header(),
      'static_assert(SHOULD_REGISTER_OP("Relu"), "");',
      'static_assert(!SHOULD_REGISTER_OP("Relu6"), "");',
      'static_assert(!SHOULD_REGISTER_OP("Rel"), "");',
      'int main() { return 0; }',
    ].join('\n')
    writeFileSync(join(folder, 'check.cc'), program)
    const { status, stderr } = spawnSync('g++', ['-std=c++11', '-fsyntax-only', 'check.cc'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('names the file that cannot be read', async () => {
    const { status, stderr } = await runHere('print_selective_registration_header', '--graphs=nowhere.pb')
    expect(status).toBe(1)
    expect(stderr).toContain('nowhere.pb')
  })
})
