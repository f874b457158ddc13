import { homedir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { readArguments } from '../../src/cli/arguments.js'
import type { Command } from '../../src/cli/command.js'
import { defineCommand } from '../../src/cli/command.js'
import { choice, custom, integer, names, onOff, requiredChain, requiredPath } from '../../src/cli/flags.js'
import { GraphdefError } from '../../src/errors.js'

const command: Command = defineCommand({
  name: 'work',
  summary: 'does some work',
  examples: ['graphdef work --in_graph=a.pb --transforms=deploy'],
  flags: {
    in_graph: requiredPath({ help: 'the model to read' }),
    transforms: requiredChain({ help: 'what is done' }),
    inputs: names({ help: 'the tensors that are fed' }),
    size: integer({ help: 'the least size', default: 10, minimum: 1 }),
    as_text: onOff({ help: 'writes text', default: false }),
    format: choice(['pretty', 'json'], { help: 'how it is printed', default: 'pretty' }),
    letters: custom('LETTERS', (text) => [...text], { help: 'some letters' }),
  },
  run: async () => {},
})

const reader: Command = defineCommand({
  name: 'show',
  summary: 'shows a file',
  examples: ['graphdef show a.pb'],
  flags: {},
  operands: [{ name: 'FILE', help: 'the file', required: true }],
  run: async () => {},
})

const given = ['--in_graph=a.pb', '--transforms=deploy']

function flags(...more: string[]): Readonly<Record<string, unknown>> {
  return readArguments(command, [...given, ...more]).flags
}

function errorOf(of: Command, args: string[]): string {
  try {
    readArguments(of, args)
  } catch (error) {
    if (error instanceof GraphdefError) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('readArguments', () => {
  it('gives every flag, those not given with their defaults', () => {
    expect(flags()).toEqual({
      in_graph: 'a.pb',
      transforms: 'deploy',
      inputs: undefined,
      size: 10,
      as_text: false,
      format: 'pretty',
      letters: undefined,
    })
  })

  it('takes one dash, two, and a value apart', () => {
    expect(flags('-inputs=x,y:1').inputs).toEqual(['x', 'y:1'])
    expect(flags('--inputs', ' x , y').inputs).toEqual(['x', 'y'])
    expect(flags('-size', '3', '--letters', '-').letters).toEqual(['-'])
  })

  it('keeps what stands behind the first =, line breaks included', () => {
    const text = '\n  a(b=1, c="x=y")\n  d'
    expect(readArguments(command, ['--in_graph=a', `--transforms=${text}`]).flags.transforms).toBe(text)
  })

  it.each([
    [['--as_text'], true],
    [['--as_text=true'], true],
    [['--as_text=False'], false],
    [['--as_text', 'True'], true],
    [['-as_text', '0'], false],
    [['--as_text', '--size=3'], true],
  ])('takes the switch %j', (args, expected) => {
    expect(flags(...args).as_text).toBe(expected)
  })

  it('takes an empty list of names for one that is not given', () => {
    expect(flags('--inputs=').inputs).toBeUndefined()
  })

  it('expands ~ at the start of a path alone', () => {
    const path = (text: string): unknown =>
      readArguments(command, [`--in_graph=${text}`, '--transforms=a']).flags.in_graph
    expect(path('~/a.pb')).toBe(`${homedir()}/a.pb`)
    expect(path('~')).toBe(homedir())
    expect(path('a/~/b.pb')).toBe('a/~/b.pb')
  })

  it('takes off quotation marks that a shell left on', () => {
    expect(flags(`--inputs='Mul'`).inputs).toEqual(['Mul'])
    expect(flags('--inputs="Mul"').inputs).toEqual(['Mul'])
  })

  it('passes over the -- of bazel run', () => {
    expect(readArguments(command, ['--', ...given]).flags.in_graph).toBe('a.pb')
  })

  it('reads an operand', () => {
    expect(readArguments(reader, ['a.pb'])).toEqual({ flags: {}, operands: ['a.pb'], help: false })
  })

  it.each(['--help', '-help', '-h'])('asks for help with %s, whatever else is missing', (flag) => {
    expect(readArguments(command, [flag]).help).toBe(true)
  })
})

describe('errors', () => {
  it('tells an unknown flag, what may be meant and what there is', () => {
    expect(errorOf(command, [...given, '--in-grph=b'])).toBe(
      [
        'unknown-flag: work has no flag "--in-grph"',
        '  did you mean "in_graph"?',
        '  Its flags are: --in_graph, --transforms, --inputs, --size, --as_text, --format, --letters, --help.',
      ].join('\n'),
    )
  })

  it('tells a missing flag and shows the command line with what was given', () => {
    expect(errorOf(command, ['--inputs=x', '--transforms=\n  a\n  b', '--as_text'])).toBe(
      [
        'bad-flag: --in_graph is missing',
        "  The command line is: graphdef work --in_graph=FILE --transforms='",
        '    a',
        "    b' --inputs=x --as_text",
      ].join('\n'),
    )
    expect(errorOf(command, [])).toBe(
      [
        'bad-flag: --in_graph and --transforms are missing',
        '  The command line is: graphdef work --in_graph=FILE --transforms=CHAIN',
      ].join('\n'),
    )
    expect(errorOf(reader, [])).toBe('bad-flag: FILE is missing\n  The command line is: graphdef show FILE')
  })

  it('takes an empty value of a flag that must be given for missing', () => {
    expect(errorOf(command, ['--in_graph=', '--transforms=a'])).toContain('bad-flag: --in_graph is missing')
  })

  it('tells a flag without value instead of taking the next flag for it', () => {
    expect(errorOf(command, ['--in_graph', '--transforms=a'])).toBe(
      'bad-flag: --in_graph has no value\n  --in_graph=FILE: the model to read.',
    )
    expect(errorOf(command, [...given, '--size'])).toContain('--size has no value')
  })

  it('tells a flag that is given twice', () => {
    expect(errorOf(command, [...given, '--in_graph=b'])).toBe('bad-flag: --in_graph is given twice\n  Give it once.')
  })

  it.each([
    ['--size=x', 'the value of --size cannot be used: "x" is not an integer\n  --size=NUMBER: the least size.'],
    ['--size=0', 'the value of --size cannot be used: 0 is less than 1\n  --size=NUMBER: the least size.'],
    ['--as_text=yes', 'the value of --as_text cannot be used: "yes" is not true or false\n  --as_text: writes text.'],
    [
      '--format=xml',
      'the value of --format cannot be used: "xml" is not pretty or json\n  --format=pretty|json: how it is printed.',
    ],
    [
      '--inputs=a,,b',
      'the value of --inputs cannot be used: "a,,b" has an empty name; write NAME,NAME\n' +
        '  --inputs=NAMES: the tensors that are fed.',
    ],
    [
      '--inputs=a–b',
      'the value of --inputs cannot be used: – is a typographic dash, as word processors and web pages put in\n' +
        '  --inputs=NAMES: the tensors that are fed.',
    ],
  ])('tells the value of %s', (flag, text) => {
    expect(errorOf(command, [...given, flag])).toBe(`bad-flag: ${text}`)
  })

  it.each(['–in_graph=a.pb', '—in_graph=a.pb', '-–in_graph=a.pb'])('names the typographic dash of %s', (flag) => {
    const dash = /[–—]/.exec(flag)![0]
    expect(errorOf(command, [flag, '--transforms=a'])).toBe(
      [
        `bad-flag: ${dash} is a typographic dash, as word processors and web pages put in`,
        `  ${flag}`,
        `  ${' '.repeat(flag.indexOf(dash))}^`,
        '  Type it with plain dashes: --in_graph',
      ].join('\n'),
    )
  })

  it('names a typographic quotation mark', () => {
    expect(errorOf(command, ['--in_graph=a', '--transforms=“a b”'])).toBe(
      [
        'bad-flag: the value of --transforms: “ is a typographic quotation mark, as word processors and web pages put in',
        '  “a b”',
        '  ^',
        '  Type a plain " in its place.',
      ].join('\n'),
    )
    expect(errorOf(command, [...given, '“b”'])).toContain('“ is a typographic quotation mark')
  })

  it('tells that a shell split a value at its spaces', () => {
    expect(errorOf(command, ['--in_graph=a', "--transforms='a", "b'"])).toBe(
      [
        "bad-flag: the value of --transforms starts with ' and does not end with it: the shell split it at a space",
        `  Windows' cmd.exe knows double quotes only: --transforms="a b"`,
      ].join('\n'),
    )
    expect(errorOf(command, ['--in_graph=a', '--transforms=a', 'b'])).toBe(
      [
        'bad-flag: "b" is one argument too many',
        '  A value with spaces in it needs quotation marks: --flag="a b".',
        '  The command line is: graphdef work --in_graph=a --transforms=a',
      ].join('\n'),
    )
  })

  it('tells a flag without dashes', () => {
    expect(errorOf(command, ['in_graph=a', '--transforms=a'])).toBe(
      [
        'bad-flag: "in_graph=a" is one argument too many',
        '  did you mean "in_graph"? A flag starts with --.',
        '  The command line is: graphdef work --in_graph=FILE --transforms=a',
      ].join('\n'),
    )
  })

  it('takes several operands where the last may stand more than once', () => {
    const builder: Command = { ...reader, operands: [{ name: 'MODEL', help: 'models', required: true, many: true }] }
    expect(readArguments(builder, ['a.pb', 'b.pb', 'c.pb']).operands).toEqual(['a.pb', 'b.pb', 'c.pb'])
    expect(errorOf(builder, [])).toContain('The command line is: graphdef show MODEL...')
  })

  it('tells an operand too many', () => {
    expect(errorOf(reader, ['a.pb', 'b.pb'])).toContain('"b.pb" is one argument too many')
  })
})
