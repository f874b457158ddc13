import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { descriptor } from '../../src/codec/descriptor.js'
import * as messages from '../../src/codec/messages.js'
import { declarations, name, packed, within } from './declarations.js'

/**
 * fields.txt lists what TensorFlow 2.21 declares: name and number of every field and enum value, label, type, oneof.
 * Messages that are not in it (SavedObjectGraph, TypeSpecProto, google.protobuf.Any) stand as bytes.
 */
const expected = readExpected(fileURLToPath(new URL('fields.txt', import.meta.url)))
const root = readProtos(fileURLToPath(new URL('../../proto', import.meta.url)))
const reflected = protobuf.Root.fromJSON(descriptor).resolveAll()

function readExpected(file: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    if (line.startsWith('  ')) lines.push(line.trim())
    else if (line) found.set(line, (lines = []))
  }
  return found
}

function readProtos(folder: string): protobuf.Root {
  const files = readdirSync(folder).filter((file) => file.endsWith('.proto'))
  const read = new protobuf.Root()
  read.loadSync(
    files.map((file) => `${folder}/${file}`),
    { keepCase: true },
  )
  read.resolveAll()
  return read
}

describe('the .proto files', () => {
  const declared = declarations(root)

  it('declare the messages and enums of TensorFlow', () => {
    expect([...declared.keys()].sort()).toEqual([...expected.keys()].sort())
  })

  it.each([...expected])('declare %s', (key, lines) => {
    expect(declared.get(key)).toEqual(lines)
  })
})

describe('the descriptor', () => {
  const declared = declarations(reflected)

  it('holds GraphDef and what it is made of, nothing else', () => {
    const reached = [...declared.keys()].sort()
    expect(reached).toContain('message GraphDef')
    expect(reached).toContain('message GraphDebugInfo.StackTrace')
    expect([...expected.keys()].filter((key) => !declared.has(key)).sort()).toEqual([
      'enum SaverDef.CheckpointFormatVersion',
      'message AssetFileDef',
      'message CollectionDef',
      'message CollectionDef.AnyList',
      'message CollectionDef.BytesList',
      'message CollectionDef.FloatList',
      'message CollectionDef.Int64List',
      'message CollectionDef.NodeList',
      'message MemmappedFileSystemDirectory',
      'message MemmappedFileSystemDirectoryElement',
      'message MetaGraphDef',
      'message MetaGraphDef.MetaInfoDef',
      'message OpList',
      'message SavedModel',
      'message SaverDef',
      'message SerializedDType',
      'message SignatureDef',
      'message TensorInfo',
      'message TensorInfo.CompositeTensor',
      'message TensorInfo.CooSparse',
      'message TensorSliceProto',
      'message TensorSliceProto.Extent',
    ])
  })

  it.each([...declared])('declares %s like the .proto files', (key, lines) => {
    expect(lines).toEqual(expected.get(key))
  })
})

describe('the codec', () => {
  const types = within(root).filter((object) => object instanceof protobuf.Type)
  const fields = types.flatMap((type) => type.fieldsArray.map((field) => [name(type), field.name, field] as const))

  it.each(fields)('writes and reads %s.%s under its number', (type, _, field) => {
    const { encode, decode } = generated(type) as Codec
    const bytes = encode({ [camelCase(field.name)]: sampleOf(field) }).finish()
    expect(protobuf.Reader.create(bytes).uint32()).toBe((field.id << 3) | wireType(field))
    // A field that the decoder did not know would be dropped here.
    expect(encode(decode(bytes)).finish()).toEqual(bytes)
  })

  it.each(within(root).filter((object) => object instanceof protobuf.Enum))('has the values of $name', (declared) => {
    expect(generated(name(declared))).toMatchObject(declared.values)
  })
})

describe('the comparison', () => {
  it.each([
    ['a number', 'int32 version = 2;'],
    ['a name', 'int32 versions = 1;'],
    ['a type', 'int64 version = 1;'],
    ['a label', 'repeated int32 version = 1;'],
    ['packing', 'repeated int32 version = 1 [packed = true];'],
    ['a oneof', 'oneof kind { int32 version = 1; }'],
    ['a missing field', ''],
    ['a reserved number', 'reserved 2; int32 version = 1;'],
  ])('notices %s', (_, field) => {
    const read = (body: string) =>
      declarations(protobuf.parse(`syntax = "proto3"; package tensorflow; message M { ${body} }`).root.resolveAll())
    expect(read('int32 version = 1;').get('message M')).toEqual(['1 version int32'])
    expect(read(field).get('message M')).not.toEqual(['1 version int32'])
  })
})

interface Codec {
  encode: (message: object) => protobuf.Writer
  decode: (bytes: Uint8Array) => object
}

function generated(path: string): unknown {
  return path.split('.').reduce<unknown>((outer, part) => (outer as Record<string, unknown>)[part], messages.tensorflow)
}

function camelCase(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** A value that is written even where a field of the kind would leave out zero. */
function sampleOf(field: protobuf.FieldBase): unknown {
  const one = sampleOfType(field)
  if (field.map) return { 1: one }
  return field.repeated ? [one, one] : one
}

function sampleOfType(field: protobuf.FieldBase): unknown {
  if (field.resolvedType instanceof protobuf.Type) return {}
  if (field.resolvedType) return 1
  if (field.type === 'string') return 'é'
  if (field.type === 'bytes') return Uint8Array.of(0, 255)
  return field.type === 'bool' ? true : 3
}

function wireType(field: protobuf.FieldBase): number {
  if (field.map || packed(field) || field.resolvedType instanceof protobuf.Type) return 2
  return field.resolvedType ? 0 : protobuf.types.basic[field.type as keyof typeof protobuf.types.basic]
}
