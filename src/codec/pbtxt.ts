import { constants } from 'node:buffer'
import type { Message, Reader, Type } from 'protobufjs'
import { GraphdefError } from '../errors.js'
import { type TextTools, writeText } from './text-format.js'

/**
 * Translates a GraphDef in protobuf's text format (`.pbtxt`) into a binary GraphDef. What the text sets stays set, also
 * to zero, false or an empty list.
 * @throws GraphdefError `bad-pbtxt`, with the line where it is known
 * @see https://protobuf.dev/reference/protobuf/textformat-spec/
 */
export async function parsePbtxt(text: string): Promise<Uint8Array> {
  const { graphDef, fromText } = await load()
  let graph: Message
  try {
    graph = fromText(text)
  } catch (cause) {
    throw new GraphdefError('bad-pbtxt', {
      what: `the text is not a GraphDef: ${(cause as Error).message.replaceAll('.tensorflow.', '')}`,
      remedy:
        'A graph as text is what tf.io.write_graph(…, as_text=True) writes. Other .pbtxt files hold other things.',
      cause,
    })
  }
  return graphDef.encode(graph).finish()
}

/**
 * Translates a binary GraphDef into protobuf's text format. Fields that GraphDef lacks stand under their numbers, as
 * protobuf's own printers write them; no parser takes those back.
 * @param limit the most characters the text may have
 * @throws GraphdefError `truncated`, `not-a-graph`, `cannot-write` (the text is longer than a string can be)
 */
export async function printPbtxt(bytes: Uint8Array, limit: number = constants.MAX_STRING_LENGTH): Promise<string> {
  const { graphDef, reader, tools } = await load()
  const graph = decode(graphDef, reader(bytes))
  try {
    return writeText(graphDef, graph, tools, limit)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new GraphdefError('cannot-write', {
      what: 'the graph is too large for text, which takes up to four characters a byte',
      remedy: 'Write it in the binary format.',
      cause,
    })
  }
}

function decode(graphDef: Type, reader: Reader): Message {
  try {
    return graphDef.decode(reader)
  } catch (cause) {
    const truncated = cause instanceof RangeError
    throw new GraphdefError(truncated ? 'truncated' : 'not-a-graph', {
      what: truncated ? 'the data ends in the middle of a field' : `the bytes are not a GraphDef: ${cause}`,
      remedy: 'The file is damaged or no GraphDef. Download or export it again.',
      cause,
    })
  }
}

interface TextFormat {
  graphDef: Type
  fromText: (text: string) => Message
  reader: (bytes: Uint8Array) => Reader
  tools: TextTools
}

let loaded: Promise<TextFormat> | undefined

/** Loads protobufjs with reflection, which costs more than all else at start-up, when text is met for the first time. */
function load(): Promise<TextFormat> {
  loaded ??= loadNow()
  return loaded
}

async function loadNow(): Promise<TextFormat> {
  const [{ default: protobuf }, { default: textformat }, { descriptor }] = await Promise.all([
    import('protobufjs/light.js'),
    import('protobufjs/ext/textformat.js'),
    import('./descriptor.js'),
  ])
  const root = protobuf.Root.fromJSON(descriptor)
  // A message without fields, to which every field is unknown.
  const nothing = new protobuf.Type('Nothing')
  root.add(nothing)
  root.resolveAll()
  const graphDef = root.lookupType('tensorflow.GraphDef')
  return {
    graphDef,
    fromText: (text) => textformat.fromText(graphDef, text),
    reader(bytes) {
      const reader = protobuf.Reader.create(bytes)
      reader.discardUnknown = false
      return reader
    },
    tools: {
      longFromKey: protobuf.util.longFromKey,
      unknownFields: ($unknowns) => textformat.toText(nothing, { $unknowns }, { unknowns: true }),
    },
  }
}
