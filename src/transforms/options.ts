import { type DataType, historicalDataType, parseDataType } from '../graph/data-type.js'
import { printShape, type Shape } from '../graph/shape.js'

/**
 * One parameter of a transform, declared as data. Type, parser, help, documentation table and cache key all come from
 * this declaration.
 */
export interface Option<T> {
  /** The kind as the documentation names it. */
  readonly kind: string
  readonly help: string
  /** Whether it may be given several times; then `T` is a list. */
  readonly repeatable: boolean
  readonly required: boolean
  /** The default as it would be written; undefined where there is none. */
  readonly defaultText: string | undefined
  /** What the value names where it is a path: the file is read, watched and part of the cache's key. */
  readonly sideFile?: SideFileKind
  /** The value of the texts given, in order; none for the default. Throws a {@link BadValue}. */
  parse(texts: readonly string[]): T
  /** How a value is written in a canonical chain: one text an occurrence, none for the default. */
  print(value: T): readonly string[]
}

/** What a path in an option stands for: one file, or the index and data files of a checkpoint whose prefix it is. */
export type SideFileKind = 'file' | 'checkpoint'

/** A transform's parameters by name. */
// biome-ignore lint/suspicious/noExplicitAny: a schema holds options of different types
export type Schema = Readonly<Record<string, Option<any>>>
export type OptionsOf<S extends Schema> = { readonly [K in keyof S]: S[K] extends Option<infer T> ? T : never }

/** Thrown by `Option.parse`: why a text is no such value. The chain's parser adds name and place. */
export class BadValue extends Error {}

interface Kind<T> {
  name: string
  read(text: string): T
  write(value: T): string
}

interface Declaration<T> {
  help: string
  default?: T
}

function single<T>(kind: Kind<T>, declaration: Declaration<T>): Option<T | undefined> {
  const fallback = declaration.default
  return {
    kind: kind.name,
    help: declaration.help,
    repeatable: false,
    required: false,
    defaultText: fallback === undefined ? undefined : kind.write(fallback),
    parse(texts) {
      if (texts.length > 1) throw new BadValue(`is given ${texts.length} times, and only once is right`)
      return texts.length === 0 ? fallback : kind.read(texts[0]!)
    },
    print(value) {
      if (value === undefined) return []
      const text = kind.write(value)
      return fallback !== undefined && text === kind.write(fallback) ? [] : [text]
    },
  }
}

function required<T>(kind: Kind<T>, declaration: { help: string }): Option<T> {
  const option = single(kind, declaration)
  return {
    ...(option as Option<T>),
    required: true,
    parse(texts) {
      if (texts.length === 0) throw new BadValue('must be given')
      return option.parse(texts)!
    },
  }
}

function many<T>(kind: Kind<T>, declaration: { help: string; required?: boolean }): Option<readonly T[]> {
  return {
    kind: kind.name,
    help: declaration.help,
    repeatable: true,
    required: declaration.required ?? false,
    defaultText: undefined,
    parse(texts) {
      if (declaration.required && texts.length === 0) throw new BadValue('must be given at least once')
      return texts.map((text) => kind.read(text))
    },
    print(values) {
      return values.map((value) => kind.write(value))
    },
  }
}

const stringKind: Kind<string> = { name: 'text', read: (text) => text, write: (value) => value }

function pathKind(name: string): Kind<string> {
  return {
    name,
    read(text) {
      if (text.trim() === '') throw new BadValue('the path is empty')
      return text
    },
    write: (value) => value,
  }
}

const intKind: Kind<number> = {
  name: 'integer',
  read(text) {
    const trimmed = text.trim()
    const value = Number(trimmed)
    if (!/^-?\d+$/.test(trimmed) || !Number.isSafeInteger(value)) throw new BadValue(`"${text}" is not an integer`)
    return value
  },
  write: String,
}

const floatKind: Kind<number> = {
  name: 'number',
  read(text) {
    const word = text.trim().toLowerCase()
    const special: Record<string, number> = { inf: Infinity, '+inf': Infinity, '-inf': -Infinity, nan: Number.NaN }
    const value = special[word] ?? (word === '' ? Number.NaN : Number(word))
    if (Number.isNaN(value) && word !== 'nan') throw new BadValue(`"${text}" is not a number`)
    return value
  },
  write: String,
}

const boolKind: Kind<boolean> = {
  name: 'true or false',
  read(text) {
    if (text === 'true' || text === '1') return true
    if (text === 'false' || text === '0') return false
    throw new BadValue(`"${text}" is not true, false, 1 or 0`)
  },
  write: String,
}

const dataTypeKind: Kind<DataType> = {
  name: 'data type',
  read(text) {
    const type = parseDataType(text.trim())
    if (!type) throw new BadValue(`"${text}" is not a data type such as float, int32 or string`)
    return type
  },
  write: historicalDataType,
}

const shapeKind: Kind<Shape> = {
  name: 'shape',
  read: parseShapeText,
  write(shape) {
    if (shape === null) return 'unknown'
    return shape.length === 0 ? '[]' : shape.map((size) => size ?? -1).join(',')
  },
}

/**
 * Reads `1,224,224,3`, and what people write for it: `1x224x224x3`, `256*64`, `[1, 224, 224, 3]`. -1 or ? is an unknown
 * dimension, `unknown` an unknown rank, `[]` a scalar.
 */
export function parseShapeText(text: string): Shape {
  const trimmed = text.trim()
  if (trimmed === 'unknown') return null
  const bracketed = /^\[(.*)\]$/s.exec(trimmed)
  const body = (bracketed?.[1] ?? trimmed).trim()
  if (body === '') {
    if (bracketed) return []
    throw new BadValue('the shape is empty; write [] for a scalar')
  }
  return body.split(/\s*[,x*×]\s*/).map((piece) => {
    if (piece === '?' || piece === '-1') return null
    if (!/^\d+$/.test(piece)) {
      throw new BadValue(`"${text}" is not a shape such as ${printShape([1, 224, 224, 3]).slice(1, -1)}`)
    }
    return Number(piece)
  })
}

export function string(declaration: Declaration<string> & { default: string }): Option<string> {
  return single(stringKind, declaration) as Option<string>
}
export function optionalString(declaration: { help: string }): Option<string | undefined> {
  return single(stringKind, declaration)
}
/** A text that must be given exactly once. */
export function requiredString(declaration: { help: string }): Option<string> {
  return required(stringKind, declaration)
}
/** The path of a file beside the model, whose content the transform gets from its context. */
export function requiredFile(declaration: { help: string }): Option<string> {
  return { ...required(pathKind('file'), declaration), sideFile: 'file' }
}
/** The prefix of a checkpoint: what stands before `.index` and `.data-00000-of-00001`. */
export function optionalCheckpoint(declaration: { help: string }): Option<string | undefined> {
  return { ...single(pathKind('checkpoint prefix'), declaration), sideFile: 'checkpoint' }
}
/** One of a few words. */
export function choice<const W extends string>(
  words: readonly W[],
  declaration: Declaration<W> & { default: W },
): Option<W> {
  const kind: Kind<W> = {
    name: words.join(' or '),
    read(text) {
      const found = words.find((word) => word === text)
      if (!found) throw new BadValue(`"${text}" is not ${words.join(' or ')}`)
      return found
    },
    write: (value) => value,
  }
  return single(kind, declaration) as Option<W>
}
export function strings(declaration: { help: string; required?: boolean }): Option<readonly string[]> {
  return many(stringKind, declaration)
}
export function int(declaration: Declaration<number> & { default: number; minimum?: number }): Option<number> {
  const { minimum } = declaration
  const kind: Kind<number> = {
    ...intKind,
    read(text) {
      const value = intKind.read(text)
      if (minimum !== undefined && value < minimum) throw new BadValue(`${value} is less than ${minimum}`)
      return value
    },
  }
  return single(kind, declaration) as Option<number>
}
export function float(
  declaration: Declaration<number> & { default: number; minimum?: number; maximum?: number },
): Option<number> {
  const { minimum = -Infinity, maximum = Infinity } = declaration
  const bounded = declaration.minimum !== undefined || declaration.maximum !== undefined
  const kind: Kind<number> = {
    ...floatKind,
    read(text) {
      const value = floatKind.read(text)
      if (bounded && Number.isNaN(value)) throw new BadValue(`"${text}" is not a number`)
      if (value < minimum) throw new BadValue(`${value} is less than ${minimum}`)
      if (value > maximum) throw new BadValue(`${value} is more than ${maximum}`)
      return value
    },
  }
  return single(kind, declaration) as Option<number>
}
export function optionalFloat(declaration: { help: string }): Option<number | undefined> {
  return single(floatKind, declaration)
}
export function bool(declaration: Declaration<boolean> & { default: boolean }): Option<boolean> {
  return single(boolKind, declaration) as Option<boolean>
}
export function dataType(declaration: Declaration<DataType> & { default: DataType }): Option<DataType> {
  return single(dataTypeKind, declaration) as Option<DataType>
}
export function optionalDataType(declaration: { help: string }): Option<DataType | undefined> {
  return single(dataTypeKind, declaration)
}
export function dataTypes(declaration: { help: string }): Option<readonly DataType[]> {
  return many(dataTypeKind, declaration)
}
export function shape(declaration: { help: string; default: Shape }): Option<Shape> {
  return single(shapeKind, declaration) as Option<Shape>
}
export function optionalShape(declaration: { help: string }): Option<Shape | undefined> {
  return single(shapeKind, declaration)
}
export function shapes(declaration: { help: string }): Option<readonly Shape[]> {
  return many(shapeKind, declaration)
}
