import { unzipSync } from 'fflate'
import { directoryOf, regionPrefix } from './memmapped-directory.js'
import { messageKind } from './message-shape.js'

/** What a file can be. The first three are read, also from within `gzip`; every other kind is named and refused. */
export type FileKind =
  | 'graphdef'
  | 'pbtxt'
  | 'memmapped'
  | 'gzip'
  | 'saved-model'
  | 'meta-graph'
  | 'checkpoint'
  | 'tflite'
  | 'onnx'
  | 'hdf5'
  | 'keras'
  | 'pytorch'
  | 'zip'
  | 'tar'
  | 'tfjs-json'
  | 'git-lfs-pointer'
  | 'html-page'
  | 'empty'
  | 'unknown'

interface Signature {
  kind: FileKind
  /** Where the bytes stand; from the end where negative. */
  offset: number
  bytes: string
}

/** Bytes that tell a format, as characters of one byte each. */
const signatures: readonly Signature[] = [
  { kind: 'gzip', offset: 0, bytes: '\x1f\x8b\x08' },
  { kind: 'hdf5', offset: 0, bytes: '\x89HDF\r\n\x1a\n' },
  { kind: 'zip', offset: 0, bytes: 'PK\x03\x04' },
  { kind: 'zip', offset: 0, bytes: 'PK\x05\x06' },
  { kind: 'tflite', offset: 4, bytes: 'TFL3' },
  { kind: 'tar', offset: 257, bytes: 'ustar' },
  // The table format of a checkpoint's index and of checkpoints before TensorFlow 1.0.
  { kind: 'checkpoint', offset: -8, bytes: '\x57\xfb\x80\x8b\x24\x75\x47\xdb' },
]

/** How files of text begin, after white space and comments. */
const texts: readonly { kind: FileKind; begins: RegExp }[] = [
  { kind: 'git-lfs-pointer', begins: /^version https:\/\/(git-lfs|hawser)\.github\.com\/spec\// },
  { kind: 'html-page', begins: /^(<!doctype html|<html|<head|<body)\b/i },
  { kind: 'checkpoint', begins: /^model_checkpoint_path\s*:/ },
  { kind: 'pbtxt', begins: /^(node|versions?|library|debug_info)\s*[:{<]/ },
  { kind: 'meta-graph', begins: /^(meta_info_def|graph_def|saver_def)\s*[:{<]/ },
  { kind: 'saved-model', begins: /^(saved_model_schema_version|meta_graphs)\s*[:{<]/ },
]

/** What a file is, by its bytes alone. */
export function sniff(bytes: Uint8Array): FileKind {
  if (bytes.length === 0) return 'empty'
  if (directoryOf(bytes)) return 'memmapped'
  const kind = signatures.find((signature) => hasSignature(bytes, signature))?.kind
  if (kind) return kind === 'zip' ? zipKind(bytes) : kind
  return textKind(bytes) ?? messageKind(bytes) ?? remains(bytes)
}

function hasSignature(bytes: Uint8Array, { offset, bytes: expected }: Signature): boolean {
  const start = offset < 0 ? bytes.length + offset : offset
  return start >= 0 && [...expected].every((character, index) => bytes[start + index] === character.charCodeAt(0))
}

function textKind(bytes: Uint8Array): FileKind | undefined {
  const beginning = textBeginning(bytes)
  const kind = texts.find(({ begins }) => begins.test(beginning))?.kind
  if (kind) return kind
  return beginning.startsWith('{') && isModelJson(bytes) ? 'tfjs-json' : undefined
}

/** The first characters of a text, behind white space, `#` comments and HTML comments. */
function textBeginning(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096))
  return text.replace(/^(\s+|#[^\n]*\n|<!--.*?-->)*/s, '')
}

/** The model.json of TensorFlow.js, of a graph model as well as of a layers model. */
function isModelJson(bytes: Uint8Array): boolean {
  return contains(bytes, '"modelTopology"') || contains(bytes, '"weightsManifest"')
}

function zipKind(bytes: Uint8Array): FileKind {
  const names = zipEntries(bytes)
  if (names.some((name) => name.endsWith('.weights.h5'))) return 'keras'
  return names.some((name) => /(^|\/)data\.pkl$/.test(name)) ? 'pytorch' : 'zip'
}

/** The names of what a zip archive holds; none where it is damaged. Nothing is unpacked. */
export function zipEntries(bytes: Uint8Array): string[] {
  const names: string[] = []
  try {
    unzipSync(bytes, {
      filter: ({ name }) => {
        names.push(name)
        return false
      },
    })
  } catch {
    return []
  }
  return names
}

/** A memory-mapped package whose end is missing still names its regions. */
function remains(bytes: Uint8Array): FileKind {
  return contains(bytes, regionPrefix) ? 'memmapped' : 'unknown'
}

function contains(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text)
}
