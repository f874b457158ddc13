import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commands, runCommandLine } from '../../src/cli/command-line.js'
import type { Streams } from '../../src/cli/stream-terminal.js'
import { runHere } from './in-process.js'

describe('the command line', () => {
  it.each(['--help', '-help', '-h'])('lists the commands on %s', async (flag) => {
    const { status, stdout, stderr } = await runHere(flag)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout.split('\n')
    for (const { name, summary } of commands) {
      const line = lines.find((text) => text.startsWith(`  ${name} `))
      expect(line).toContain(summary.slice(0, 20))
    }
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}--version +shows the version$/))
  })

  it.each(['--version', '-version', '-v'])('prints the version on %s', async (flag) => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await runHere(flag)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('tells an unknown command', async () => {
    expect(await runHere('transform-grph')).toEqual({
      status: 1,
      stdout: '',
      stderr: [
        'graphdef: unknown-command: there is no command "transform-grph"',
        '  did you mean "transform_graph"?',
        `  Commands: ${commands.map(({ name }) => name).join(', ')}.`,
        '  graphdef --help tells what they do.',
        '',
      ].join('\n'),
    })
  })

  it('tells that a command is missing', async () => {
    const { status, stderr } = await runHere()
    expect(status).toBe(1)
    expect(stderr).toMatch(/^graphdef: unknown-command: a command is missing\n {2}Commands: /)
  })

  it("starts an error with the command and the error's code", async () => {
    const { stderr } = await runHere('transform_graph', '--in_grph=x')
    expect(stderr).toMatch(/^graphdef transform_graph: unknown-flag: transform_graph has no flag "--in_grph"\n/)
  })

  it.each(commands.map(({ name }) => name))('has a help for %s that names every flag', async (name) => {
    const { status, stdout } = await runHere(name, '--help')
    expect(status).toBe(0)
    const { flags, summary, examples } = commands.find((command) => command.name === name)!
    expect(stdout).toContain(`graphdef ${name} ${summary}.`)
    expect(stdout).toContain(examples[0]!)
    for (const [flag, { help }] of Object.entries(flags)) {
      expect(stdout).toMatch(new RegExp(`^  --${flag}[ =]`, 'm'))
      expect(stdout).toContain(help)
    }
  })

  it('shows the stack of a fault of ours, and asks to report it', async () => {
    const broken: Streams = {
      stdout: {
        write() {
          throw new TypeError('a fault')
        },
      },
      stderr: { write: (text) => (told += text) },
    }
    let told = ''
    expect(await runCommandLine(['--help'], broken)).toBe(1)
    expect(told).toMatch(
      /^graphdef: this is a fault in graphdef \d\S* \(Node v\d+\S*\), not in the model or the command line\n/,
    )
    expect(told).toMatch(/\nTypeError: a fault\n +at /)
    expect(told).toMatch(/\nPlease report it with these lines and, if you can, the model\.\n$/)
  })
})
