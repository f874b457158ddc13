import { bytesType, fixed32Type, fixed64Type, varintType } from './wire-types.js'

/** What a field holds: a number, bytes of any kind, text without control characters, or a message. */
type FieldKind = 'varint' | 'bytes' | 'text' | MessageShape

/** What a message looks like on the wire: its fields by number, and those of which one must be there where it may not be empty. */
interface MessageShape {
  fields: Readonly<Record<number, FieldKind>>
  needsOneOf?: readonly number[]
}

const attrEntry: MessageShape = { fields: { 1: 'text', 2: 'bytes' }, needsOneOf: [1] }
const nodeDef: MessageShape = {
  fields: { 1: 'text', 2: 'text', 3: 'text', 4: 'text', 5: attrEntry, 6: 'bytes', 7: 'bytes' },
  needsOneOf: [2],
}
const versionDef: MessageShape = { fields: { 1: 'varint', 2: 'varint' } }
const functionLibrary: MessageShape = { fields: { 1: 'bytes', 2: 'bytes', 3: 'bytes' } }
const graphDef: MessageShape = {
  fields: { 1: nodeDef, 2: functionLibrary, 3: 'varint', 4: versionDef, 5: 'bytes' },
  needsOneOf: [1, 2, 4],
}
const metaInfoDef: MessageShape = {
  fields: { 1: 'text', 2: 'bytes', 3: 'bytes', 4: 'text', 5: 'text', 6: 'text', 7: 'varint', 8: 'bytes' },
  needsOneOf: [1, 2, 4, 5, 6, 7],
}
const metaGraphDef: MessageShape = {
  fields: { 1: metaInfoDef, 2: graphDef, 3: 'bytes', 4: 'bytes', 5: 'bytes', 6: 'bytes', 7: 'bytes' },
  needsOneOf: [2],
}
const savedModel: MessageShape = { fields: { 1: 'varint', 2: metaGraphDef }, needsOneOf: [2] }
const onnxModel: MessageShape = {
  fields: { 1: 'varint', 2: 'text', 3: 'text', 4: 'text', 5: 'varint', 6: 'text', 7: 'bytes', 8: 'bytes' },
  needsOneOf: [7],
}

export type MessageKind = 'graphdef' | 'meta-graph' | 'saved-model' | 'onnx'

/** The messages that a model's file may be, in the order they are tried: what little there is of a cut file fits several. */
const messages: readonly [MessageKind, MessageShape][] = [
  ['graphdef', graphDef],
  ['meta-graph', metaGraphDef],
  ['saved-model', savedModel],
  ['onnx', onnxModel],
]

/**
 * Which message the bytes are, told by field numbers and wire types, since protobuf has no magic number. The first records
 * are looked at, and the first of those within them; a file that is cut short is still told. Undefined where none fits.
 */
export function messageKind(bytes: Uint8Array): MessageKind | undefined {
  return messages.find(([, shape]) => fits(bytes, shape, 'perhaps'))?.[0]
}

/** How many records of a message are looked at. */
const recordLimit = 64

/** Whether bytes end before their message does: `perhaps` for a whole file. */
type Cut = 'no' | 'perhaps' | 'yes'

/** Whether bytes look like a message; of one that is cut, what is missing is not asked for. */
function fits(bytes: Uint8Array, shape: MessageShape, cut: Cut): boolean {
  const seen = new Set<number>()
  let isCut = false
  for (const record of records(bytes)) {
    if (record.fault === 'malformed' || (record.fault === 'cut' && cut === 'no')) return false
    isCut ||= record.fault === 'cut'
    const kind = shape.fields[record.number]
    if (!kind) continue
    if (!fitsField(record, kind)) return false
    seen.add(record.number)
  }
  if (cut === 'yes' || !shape.needsOneOf) return true
  return shape.needsOneOf.some((number) => seen.has(number)) || (isCut && seen.size > 0)
}

function fitsField({ wireType, value, fault }: WireRecord, kind: FieldKind): boolean {
  if (kind === 'varint') return wireType === varintType
  if (wireType !== bytesType) return false
  if (kind === 'bytes') return true
  return kind === 'text' ? isText(value) : fits(value, kind, fault === 'cut' ? 'yes' : 'no')
}

/** Names, ops and versions have no control characters, which encoded messages begin with. */
function isText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 256).every((byte) => byte >= 0x20 && byte !== 0x7f)
}

interface WireRecord {
  /** 0 where the record is cut or malformed before its content. */
  number: number
  wireType: number
  /** The content of a length-delimited field, as far as it goes; empty for others. */
  value: Uint8Array
  fault?: 'cut' | 'malformed'
}

const nothing = new Uint8Array(0)
const cut: WireRecord = { number: 0, wireType: 0, value: nothing, fault: 'cut' }
const malformed: WireRecord = { number: 0, wireType: 0, value: nothing, fault: 'malformed' }
const wireTypes: ReadonlySet<number> = new Set([varintType, fixed64Type, bytesType, fixed32Type])

/** The first records of a message, up to one that is cut or no protobuf. */
function* records(bytes: Uint8Array): Iterable<WireRecord> {
  let position = 0
  /** Undefined where the bytes end within it, NaN where it is longer than a varint can be. */
  const varint = (): number | undefined => {
    let value = 0
    for (let scale = 1; position < bytes.length; scale *= 128) {
      if (scale > 2 ** 63) return Number.NaN
      const byte = bytes[position++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    return undefined
  }
  for (let count = 0; count < recordLimit && position < bytes.length; count++) {
    const tag = varint()
    if (tag === undefined) return yield cut
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (!wireTypes.has(wireType) || number < 1 || number > 0x1fffffff) return yield malformed
    const size = wireType === varintType || wireType === bytesType ? varint() : 0
    if (size === undefined) return yield cut
    if (Number.isNaN(size)) return yield malformed
    const length = { [bytesType]: size, [fixed64Type]: 8, [fixed32Type]: 4 }[wireType] ?? 0
    const value = wireType === bytesType ? bytes.subarray(position, position + length) : nothing
    position += length
    yield { number, wireType, value, ...(position > bytes.length ? { fault: 'cut' } : {}) }
  }
}
