import { bool, byteList, bytes, double, float, int, type Scalar, type Schema, text } from './wire.js'

/**
 * The part of TensorFlow's messages that running a graph takes (tensorflow/core/framework/*.proto).
 * A field that isn't on the wire is undefined.
 */
export interface GraphDef {
  node?: NodeDef[]
  library?: { function?: FunctionDef[] }
  versions?: { producer?: number; minConsumer?: number }
}

export interface NodeDef {
  name?: string
  op?: string
  /** `node`, `node:1`, `^control`; in a function's body also `argument` and `node:output:0`. */
  input?: string[]
  attr?: Record<string, AttrValue>
}

export interface AttrValue {
  list?: {
    s?: number[][]
    i?: number[]
    f?: number[]
    b?: boolean[]
    type?: number[]
    shape?: TensorShape[]
  }
  /** A byte string. A list of numbers is what TensorFlow.js takes as it is; base64 it would need atob for. */
  s?: number[]
  i?: number
  f?: number
  b?: boolean
  type?: number
  shape?: TensorShape
  tensor?: TensorProto
  func?: { name?: string }
}

export interface TensorShape {
  dim?: { size: number }[]
  unknownRank?: boolean
}

export interface TensorProto {
  dtype?: number
  tensorShape?: TensorShape
  tensorContent?: Uint8Array
  /** `float_val`, `int_val`, ...: whichever of them the file has, since there is one for each type. */
  values?: (number | boolean)[] | Uint8Array[]
}

export interface FunctionDef {
  signature?: {
    name?: string
    inputArg?: { name?: string; type?: number }[]
    outputArg?: { name?: string; type?: number }[]
  }
  nodeDef?: NodeDef[]
  ret?: Record<string, string>
}

/** A size of 0 isn't on the wire. */
const dim: Scalar = {
  wire: 2,
  read: (reader) => ({ size: 0, ...reader.message({ 1: ['size', int] }, reader.sized()) }),
}

const tensorShape: Schema = {
  2: ['dim', dim, 'list'],
  3: ['unknownRank', bool],
}

const tensor: Schema = {
  1: ['dtype', int],
  2: ['tensorShape', tensorShape],
  4: ['tensorContent', bytes],
  5: ['values', float, 'list'],
  6: ['values', double, 'list'],
  7: ['values', int, 'list'],
  8: ['values', bytes, 'list'],
  9: ['values', float, 'list'],
  10: ['values', int, 'list'],
  11: ['values', bool, 'list'],
  12: ['values', double, 'list'],
  13: ['values', int, 'list'],
  16: ['values', int, 'list'],
  17: ['values', int, 'list'],
}

const attrValue: Schema = {
  1: [
    'list',
    {
      2: ['s', byteList, 'list'],
      3: ['i', int, 'list'],
      4: ['f', float, 'list'],
      5: ['b', bool, 'list'],
      6: ['type', int, 'list'],
      7: ['shape', tensorShape, 'list'],
    },
  ],
  2: ['s', byteList],
  3: ['i', int],
  4: ['f', float],
  5: ['b', bool],
  6: ['type', int],
  7: ['shape', tensorShape],
  8: ['tensor', tensor],
  10: ['func', { 1: ['name', text] }],
}

const nodeDef: Schema = {
  1: ['name', text],
  2: ['op', text],
  3: ['input', text, 'list'],
  5: ['attr', attrValue, 'map'],
}

const argDef: Schema = { 1: ['name', text], 3: ['type', int] }

const functionDef: Schema = {
  1: ['signature', { 1: ['name', text], 2: ['inputArg', argDef, 'list'], 3: ['outputArg', argDef, 'list'] }],
  3: ['nodeDef', nodeDef, 'list'],
  4: ['ret', text, 'map'],
}

export const graphDef: Schema = {
  1: ['node', nodeDef, 'list'],
  2: ['library', { 1: ['function', functionDef, 'list'] }],
  4: ['versions', { 1: ['producer', int], 2: ['minConsumer', int] }],
}
