import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { writeMemmapped } from '../../src/codec/memmapped.js'
import { type FileKind, sniff } from '../../src/codec/sniff.js'
import { describeWithModels, model } from '../models/models.js'
import { fixture, hex, lfsPointer, text } from './fixture.js'

const smallGraph = readFileSync(model('dl4j_add_n').path)
const none = new Uint8Array(0)

describe('sniff', () => {
  it.each<[FileKind, string]>([
    ['saved-model', 'saved_model_tf1.pb'],
    ['saved-model', 'saved_model_tf2.pb'],
    ['meta-graph', 'model.ckpt.meta'],
    ['meta-graph', 'plain.meta'],
    ['checkpoint', 'model.ckpt.index'],
    ['checkpoint', 'checkpoint'],
    ['tflite', 'dense.tflite'],
    ['hdf5', 'dense.h5'],
    ['keras', 'dense.keras'],
    ['graphdef', 'unfrozen.pb'],
  ])('tells a %s: %s', (kind, name) => {
    expect(sniff(fixture(name))).toBe(kind)
  })

  it.each<[FileKind, string, Uint8Array]>([
    ['empty', 'nothing', none],
    ['graphdef', 'a graph', smallGraph],
    ['graphdef', 'a graph of versions alone', hex('22 02 08 1b')],
    ['gzip', 'a compressed graph', gzipSync(smallGraph)],
    ['zip', 'an archive', zipSync({ 'frozen.pb': smallGraph })],
    ['zip', 'an archive without files', zipSync({})],
    ['pytorch', 'what torch.save writes', zipSync({ 'model/data.pkl': none, 'model/version': none })],
    ['tar', 'an archive', Uint8Array.from({ length: 512 }, (_, at) => text('ustar')[at - 257] ?? 0)],
    // ir_version 8, producer "pytorch", a graph with one node.
    ['onnx', 'a model', hex('08 08 12 07 70 79 74 6f 72 63 68 3a 06 0a 04 22 02 52 65 42 02 10 0d')],
    ['onnx', 'a model without producer', hex('08 07 3a 06 0a 04 22 02 52 65 42 02 10 0d')],
    ['tfjs-json', 'a graph model', text('{"format": "graph-model", "modelTopology": {"node": []}}')],
    ['unknown', 'JSON of another kind', text('{"message": "Not Found"}')],
    ['git-lfs-pointer', 'a pointer', text(lfsPointer)],
    ['html-page', 'a page', text('<!DOCTYPE html>\n<html lang="en">')],
    ['html-page', 'a page behind a comment', text('\ufeff\n<!-- saved -->\n<HTML>')],
    ['unknown', 'an XML answer', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')],
    ['pbtxt', 'a text graph', text('node {\n  name: "x"\n}')],
    ['pbtxt', 'a text graph behind a comment', text('# made by hand\n\n  node: <\n')],
    ['pbtxt', 'a text graph that begins with versions', text('versions { producer: 27 }')],
    ['meta-graph', 'a text MetaGraph', text('meta_info_def {\n')],
    ['saved-model', 'a text SavedModel', text('saved_model_schema_version: 1\nmeta_graphs {')],
    ['unknown', 'prose that begins as a node does', text('\nHello world, this is a text of some length.')],
    ['unknown', 'zeros', new Uint8Array(100)],
    ['unknown', 'a line break', text('\n')],
  ])('tells %s: %s', (kind, _, bytes) => {
    expect(sniff(bytes)).toBe(kind)
  })

  it('tells a memory-mapped package, and one whose end is missing', () => {
    const packed = joinSlices(writeMemmapped(readGraphDef(readFileSync(model('ut_deep_mlp').path))).list)
    expect(sniff(packed)).toBe('memmapped')
    expect(sniff(packed.subarray(0, packed.length - 9))).toBe('memmapped')
  })

  it('tells a SavedModel that is cut', () => {
    const whole = fixture('saved_model_tf1.pb')
    const kinds = Array.from(whole.subarray(20), (_, index) => sniff(whole.subarray(0, 20 + index)))
    expect(new Set(kinds)).toEqual(new Set(['saved-model']))
  })

  it('tells a MetaGraph that is cut, but for the one place between its first two records', () => {
    const whole = fixture('model.ckpt.meta')
    const kinds = Array.from(whole.subarray(20), (_, index) => sniff(whole.subarray(0, 20 + index)))
    expect(kinds.filter((kind) => kind !== 'meta-graph')).toEqual(['unknown'])
  })
})

describeWithModels('every model', 'all', (models) => {
  it('is a GraphDef', () => {
    expect(models.flatMap(({ name, path }) => (sniff(readFileSync(path)) === 'graphdef' ? [] : [name]))).toEqual([])
  })
})
