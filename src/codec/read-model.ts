import { promisify } from 'node:util'
import { gunzip as gunzipCallback } from 'node:zlib'
import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { readGraphDef } from './graphdef.js'
import { readMemmapped } from './memmapped.js'
import { parsePbtxt } from './pbtxt.js'
import { type FileKind, sniff } from './sniff.js'
import { type ModelKind, wrongFile } from './wrong-file.js'

const gunzip = promisify(gunzipCallback)

/** A graph and what it was read from. */
export interface ReadModel {
  graph: Graph
  kind: ModelKind
  /** Whether the file was compressed. */
  gzip: boolean
}

/**
 * Reads a frozen graph from a binary GraphDef, its text form, a memory-mapped package or a gzip of one of them. What the file
 * is, its bytes say. Tensors are views of the bytes.
 * @throws GraphdefError that says what the file is where it is something else, and how to come to a graph
 */
export async function readModel(bytes: Uint8Array): Promise<ReadModel> {
  const kind = sniff(bytes)
  if (kind !== 'gzip') return { ...(await readPlain(bytes, kind)), gzip: false }
  const unpacked = await unpack(bytes)
  const inner = sniff(unpacked)
  return { ...(await readPlain(unpacked, inner === 'gzip' ? 'unknown' : inner)), gzip: true }
}

async function readPlain(view: Uint8Array, kind: Exclude<FileKind, 'gzip'>): Promise<Omit<ReadModel, 'gzip'>> {
  // Node reads small files into memory that they share: copied, so that a place in an error is one in the file.
  const bytes = view.byteOffset === 0 ? view : new Uint8Array(view)
  if (kind === 'graphdef') return { graph: readGraphDef(bytes), kind }
  if (kind === 'memmapped') return { graph: readMemmapped(bytes), kind }
  if (kind === 'pbtxt') {
    return { graph: readGraphDef(await parsePbtxt(new TextDecoder().decode(bytes))), kind }
  }
  throw wrongFile(kind, bytes)
}

async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await gunzip(bytes)
  } catch (cause) {
    const isCut = (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    throw new GraphdefError(isCut ? 'truncated' : 'not-a-graph', {
      what: isCut ? 'the gzip file ends too early' : 'the gzip file is damaged',
      remedy: 'Download or copy it again and compare its size with the original.',
      cause,
    })
  }
}
