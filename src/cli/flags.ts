import { homedir } from 'node:os'
import { typographicError } from '../chain/items.js'

/** Thrown by `Flag.read`: why a text is no such value. The parser adds the flag's name. */
export class BadFlagValue extends Error {}

/** One flag of a command, declared as data: the parser, the help and the error texts come from this declaration. */
export interface Flag<T> {
  /** What stands behind the `=` in the help: `FILE`. Empty for a switch, which needs no value. */
  readonly value: string
  readonly help: string
  readonly required: boolean
  /** The default as it would be written; undefined where there is none. */
  readonly defaultText: string | undefined
  /** What the command gets where the flag is not given. */
  readonly fallback: T
  /** Throws a {@link BadFlagValue}. */
  read(text: string): T
}

/** A command's flags by name, without dashes. */
// biome-ignore lint/suspicious/noExplicitAny: a command's flags are of different types
export type Flags = Readonly<Record<string, Flag<any>>>
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

interface Declaration {
  help: string
}

/** A path; `~` stands for the home folder, as in the historical tools. */
export function requiredPath({ help }: Declaration): Flag<string> {
  return { ...textFlag('FILE', help), required: true, read: expandHome }
}

/** A path that need not be given. */
export function path({ value, help }: Declaration & { value: string }): Flag<string | undefined> {
  return custom(value, expandHome, { help })
}

/** A chain of transforms, whose text the chain's own parser reads. */
export function requiredChain({ help }: Declaration): Flag<string> {
  return { ...textFlag('CHAIN', help), required: true }
}

function textFlag(value: string, help: string): Flag<string> {
  return { value, help, required: false, defaultText: undefined, fallback: '', read: (text) => text }
}

/** Names with commas between them; undefined where the flag is missing or empty. */
export function names({ help }: Declaration): Flag<readonly string[] | undefined> {
  return {
    value: 'NAMES',
    help,
    required: false,
    defaultText: undefined,
    fallback: undefined,
    read(text) {
      if (text.trim() === '') return undefined
      for (let offset = 0; offset < text.length; offset++) {
        const error = typographicError(text[offset], text, offset)
        if (error) throw new BadFlagValue(error.details.what)
      }
      const list = text.split(',').map((name) => name.trim())
      if (list.includes('')) throw new BadFlagValue(`"${text}" has an empty name; write NAME,NAME`)
      return list
    },
  }
}

/** Names that have to be given. */
export function requiredNames({ value, help }: Declaration & { value: string }): Flag<readonly string[]> {
  const { read } = names({ help })
  return { ...textFlag(value, help), required: true, fallback: [], read: (text) => read(text) ?? [] }
}

export function integer(declaration: Declaration & { default: number; minimum: number }): Flag<number> {
  const { help, minimum } = declaration
  return {
    value: 'NUMBER',
    help,
    required: false,
    defaultText: String(declaration.default),
    fallback: declaration.default,
    read(text) {
      const value = Number(text)
      if (!/^\s*-?\d+\s*$/.test(text) || !Number.isSafeInteger(value)) {
        throw new BadFlagValue(`"${text}" is not an integer`)
      }
      if (value < minimum) throw new BadFlagValue(`${value} is less than ${minimum}`)
      return value
    },
  }
}

/** On or off: bare, or with `=true` or `=false`. */
export function onOff(declaration: Declaration & { default: boolean }): Flag<boolean> {
  return {
    value: '',
    help: declaration.help,
    required: false,
    defaultText: declaration.default ? 'true' : undefined,
    fallback: declaration.default,
    read(text) {
      const value = readSwitch(text)
      if (value === undefined) throw new BadFlagValue(`"${text}" is not true or false`)
      return value
    },
  }
}

/** Reads what the historical tools and Python's `True` and `False` say; undefined where it is none. */
export function readSwitch(text: string): boolean | undefined {
  const word = text.toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  return undefined
}

/** One of a few words. */
export function choice<const W extends string>(
  words: readonly W[],
  declaration: Declaration & { default: W },
): Flag<W> {
  return {
    value: words.join('|'),
    help: declaration.help,
    required: false,
    defaultText: declaration.default,
    fallback: declaration.default,
    read(text) {
      const found = words.find((word) => word === text)
      if (!found) throw new BadFlagValue(`"${text}" is not ${words.join(' or ')}`)
      return found
    },
  }
}

/** A flag whose text is read by a function, which throws a {@link BadFlagValue}. */
export function custom<T>(value: string, read: (text: string) => T, { help }: Declaration): Flag<T | undefined> {
  return { value, help, required: false, defaultText: undefined, fallback: undefined, read }
}

/** `~` and `~/x` start at the home folder; shells leave them alone behind an `=`. */
function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path
}
