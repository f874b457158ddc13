import { typographicError } from '../chain/items.js'
import { didYouMean, GraphdefError } from '../errors.js'
import type { Command } from './command.js'
import { BadFlagValue, readSwitch } from './flags.js'

/** What a command line says. */
export interface Arguments {
  /** Every flag of the command, with its default where it is not given. */
  flags: Readonly<Record<string, unknown>>
  operands: readonly string[]
  /** Whether the help is asked for; nothing else is then checked. */
  help: boolean
}

/**
 * Reads the arguments of a command as the historical tools took them: `--flag=value`, also with one dash, also
 * `--flag value`; a switch bare or with a value.
 * @throws GraphdefError `unknown-flag`, `bad-flag`
 */
export function readArguments(command: Command, given: readonly string[]): Arguments {
  const texts = new Map<string, string>()
  const operands: string[] = []
  for (let index = 0; index < given.length; index++) {
    const argument = given[index]!
    // `bazel run TOOL -- --flags`: behind the dashes stand flags, too.
    if (argument === '--') continue
    const flag = /^--?([^=\s]+)(?:=(.*))?$/s.exec(argument)
    if (!flag || flag[1]!.startsWith('-')) {
      checkTypography(argument, command)
      operands.push(argument)
      continue
    }
    const name = flag[1]!
    if (name === 'help' || name === 'h') return { flags: {}, operands: [], help: true }
    const declared = Object.hasOwn(command.flags, name) ? command.flags[name]! : undefined
    if (!declared) throw unknownFlag(argument, name, command)
    let value = flag[2]
    const next = given[index + 1]
    if (value === undefined && declared.value === '') {
      const said = next !== undefined && readSwitch(next) !== undefined
      value = said ? next : 'true'
      if (said) index++
    } else if (value === undefined) {
      if (next === undefined || /^--?[A-Za-z]/.test(next)) {
        throw badFlag(command, name, `--${name} has no value`)
      }
      value = next
      index++
    }
    if (texts.has(name)) throw badFlag(command, name, `--${name} is given twice`, 'Give it once.')
    texts.set(name, withoutQuotes(value!, command, name))
  }
  checkMissing(command, texts, operands)
  const flags: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(command.flags)) {
    const text = texts.get(name)
    try {
      flags[name] = text === undefined ? flag.fallback : flag.read(text)
    } catch (error) {
      if (!(error instanceof BadFlagValue)) throw error
      throw badFlag(command, name, `the value of --${name} cannot be used: ${error.message}`)
    }
  }
  return { flags, operands, help: false }
}

/** A dash or quotation mark of a word processor at the start of an argument, where a plain one is meant. */
function checkTypography(argument: string, command: Command): void {
  const dashes = /^-*/.exec(argument)![0].length
  const error = typographicError(argument[dashes], argument, dashes)
  if (!error) return
  const name = /^[^A-Za-z]*(\w+)/.exec(argument)?.[1] ?? ''
  const meant = Object.hasOwn(command.flags, name) ? `--${name}` : undefined
  throw new GraphdefError('bad-flag', {
    ...error.details,
    remedy: meant ? `Type it with plain dashes: ${meant}` : error.details.remedy,
  })
}

/**
 * Takes off quotation marks that a shell left on: Windows' cmd.exe hands single quotes on, and splits the text between
 * them at its spaces.
 */
function withoutQuotes(value: string, command: Command, name: string): string {
  const error = typographicError(value[0], value, 0)
  if (error)
    throw new GraphdefError('bad-flag', { ...error.details, what: `the value of --${name}: ${error.details.what}` })
  const quote = value[0]
  if (quote !== "'" && quote !== '"') return value
  if (value.length > 1 && value.endsWith(quote)) return value.slice(1, -1)
  throw badFlag(
    command,
    name,
    `the value of --${name} starts with ${quote} and does not end with it: the shell split it at a space`,
    `Windows' cmd.exe knows double quotes only: --${name}="a b"`,
  )
}

function checkMissing(command: Command, texts: ReadonlyMap<string, string>, operands: readonly string[]): void {
  const { operands: declared = [] } = command
  const surplus = declared.at(-1)?.many ? undefined : operands[declared.length]
  if (surplus !== undefined) {
    const hint = didYouMean(surplus.replace(/=.*/s, ''), Object.keys(command.flags))
    throw new GraphdefError('bad-flag', {
      what: `"${surplus}" is one argument too many`,
      remedy: [
        hint && /=/.test(surplus)
          ? `${hint} A flag starts with --.`
          : 'A value with spaces in it needs quotation marks: --flag="a b".',
        `The command line is: ${rightCommandLine(command, texts)}`,
      ].join('\n'),
    })
  }
  const missing = Object.entries(command.flags)
    .filter(([name, flag]) => flag.required && !texts.get(name))
    .map(([name]) => `--${name}`)
  for (const { name, required } of declared.slice(operands.length)) if (required) missing.push(name)
  if (missing.length === 0) return
  throw new GraphdefError('bad-flag', {
    what: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    remedy: `The command line is: ${rightCommandLine(command, texts)}`,
  })
}

function unknownFlag(argument: string, name: string, command: Command): GraphdefError {
  const known = Object.keys(command.flags)
  // -–in_graph: the second dash is a typographic one.
  checkTypography(argument, command)
  return new GraphdefError('unknown-flag', {
    what: `${command.name} has no flag "${argument.replace(/=.*/s, '')}"`,
    remedy: [didYouMean(name, known), `Its flags are: ${[...known, 'help'].map((flag) => `--${flag}`).join(', ')}.`]
      .filter(Boolean)
      .join('\n'),
  })
}

function badFlag(command: Command, name: string, what: string, remedy?: string): GraphdefError {
  const { value, help } = command.flags[name]!
  return new GraphdefError('bad-flag', { what, remedy: remedy ?? `--${name}${value && `=${value}`}: ${help}.` })
}

/** The command line with what was given in its place and the rest as the help shows it. */
function rightCommandLine(command: Command, texts: ReadonlyMap<string, string>): string {
  const words = ['graphdef', command.name]
  for (const { name, required, many } of command.operands ?? []) {
    words.push((required ? name : `[${name}]`) + (many ? '...' : ''))
  }
  for (const [name, flag] of Object.entries(command.flags)) {
    const text = texts.get(name)
    if (text) words.push(flag.value ? `--${name}=${shellQuoted(text)}` : `--${name}`)
    else if (flag.required) words.push(`--${name}=${flag.value}`)
  }
  return words.join(' ')
}

function shellQuoted(text: string): string {
  return /^[\w./:,~@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
