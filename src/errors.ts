import { closest, distance } from 'fastest-levenshtein'

/**
 * Every code a {@link GraphdefError} can carry, with what it means.
 * The README's table of errors is generated from here.
 */
export const errorCodes = {
  'unknown-transform': 'the chain names a transform or preset that does not exist',
  'unknown-option': 'a transform has no parameter of that name',
  'bad-option': "a parameter's value is not of its kind, missing, or given too often",
  'chain-syntax': 'the text of the chain cannot be read',
  'unknown-query': 'the import has a query key that does not exist',
  'bad-query': 'a query key has a value that cannot be used',
  'unknown-flag': 'the command line has a flag that does not exist',
  'bad-flag': 'a flag of the command line is missing or has a value that cannot be used',
  'unknown-command': 'the command line names a command that does not exist',
  'file-not-found': 'the file does not exist or cannot be read',
  'cannot-write': 'the result cannot be written',
  'empty-file': 'the file has no bytes',
  'git-lfs-pointer': 'the file is a Git LFS pointer, not the model',
  'html-page': 'the file is an HTML page, not the model',
  'saved-model': 'the file is a SavedModel, whose weights are elsewhere',
  'meta-graph': 'the file is a MetaGraph, whose weights are in a checkpoint',
  tflite: 'the file is a TensorFlow Lite model',
  onnx: 'the file is an ONNX model',
  hdf5: 'the file is a Keras HDF5 model',
  keras: 'the file is a Keras model (.keras)',
  pytorch: 'the file is a PyTorch model',
  checkpoint: 'the file is part of a checkpoint, which has no graph',
  'bad-checkpoint': 'the checkpoint that a transform reads is damaged or of another graph',
  zip: 'the file is a zip archive',
  tar: 'the file is a tar archive',
  'tfjs-json': "the file is TensorFlow.js's model.json",
  'not-a-graph': 'the file is nothing that is known here',
  truncated: 'the file ends in the middle of the graph',
  'bad-memmapped': 'the memory-mapped package is damaged',
  'bad-pbtxt': "the text is not protobuf's text format of a graph",
  'graph-too-large': 'the result would be 2 GiB or more, which no protobuf reader takes',
  'not-frozen': 'the graph has variables: it is not frozen',
  'invalid-graph': 'the graph breaks a rule that every graph keeps',
  'bad-tensor': 'a tensor cannot be decoded',
  'missing-attr': 'a node lacks an attribute that is needed and has no default',
  'bad-attr': 'an attribute is of another kind than the op declares',
  'unknown-op': 'an op that TensorFlow does not know',
  'unknown-input': 'an input that was named is not in the graph',
  'unknown-output': 'an output that was named is not in the graph',
  'ambiguous-input': 'the inputs were not named and cannot be told',
  'ambiguous-output': 'the outputs were not named and cannot be told',
  'bad-feed': 'a placeholder that a feed names cannot be bound to that value',
  'bad-shape': 'a shape that a request gives to an input does not fit the graph',
  'transform-failed': 'a transform cannot be applied to this graph',
  'kernel-failed': 'an op cannot be computed at build time',
  'no-webassembly': 'Node was told to run without WebAssembly',
  'unsupported-op': 'the target of the build cannot run the model',
  'not-emitted': "the bundler's configuration keeps the model out of the build",
  'not-imported': 'the page asks the dev server for a model by the path of its source',
  'bad-config': "the plugin's options or the configuration file are wrong",
  'not-scanned': 'Metro was started before the import of a model was found',
  'name-taken': 'graphdef build would overwrite a file that is not its own, or write one name twice',
  'cannot-watch': 'files cannot be watched for changes',
} as const

export type ErrorCode = keyof typeof errorCodes

/** Where an error happened. Each field is known to another layer, which adds it on the way up. */
export interface ErrorPlace {
  /** The model's file. */
  file?: string
  /** The import or command as written, e.g. `./x.pb?optimize=deploy`. */
  request?: string
  /** The plugin's option that is meant, e.g. `default`. */
  option?: string
  /** A request of `graphdef build` as written, e.g. `models/*.pb?optimize=deploy`. */
  buildRequest?: string
  /** The key of the configuration file that is meant, e.g. `build[0].outDir`. */
  key?: string
  /** The module that has the import. */
  importer?: string
  /** A position in the text of the chain: its 0-based offset and the text. */
  position?: { text: string; offset: number }
  transform?: string
  node?: string
}

export interface ErrorDetails extends ErrorPlace {
  /** What happened, in one sentence without a full stop. */
  what: string
  /** What to do, as one or more lines. */
  remedy?: string
  cause?: unknown
}

/** The one error class: what happened, where, and what to do. */
export class GraphdefError extends Error {
  override readonly name = 'GraphdefError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(format(details), details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.details = details
  }

  /** The same error with what an outer layer knows about the place. What is already known stays. */
  at(place: ErrorPlace): GraphdefError {
    const known = Object.fromEntries(Object.entries(this.details).filter(([, value]) => value !== undefined))
    const moved = new GraphdefError(this.code, { ...place, ...known } as ErrorDetails)
    if (this.stack) moved.stack = `GraphdefError: ${moved.message}\n${stackFrames(this.stack)}`
    return moved
  }
}

function format(details: ErrorDetails): string {
  const lines = [details.what]
  const { position } = details
  if (position) {
    const shown = excerpt(position.text, position.offset)
    lines.push(`  ${shown.line}`, `  ${' '.repeat(shown.column)}^`)
  }
  if (details.file) lines.push(`  file: ${details.file}`)
  if (details.request) {
    lines.push(`  import: ${details.request}${details.importer ? ` in ${details.importer}` : ''}`)
  }
  if (details.key) lines.push(`  key: ${details.key}`)
  if (details.buildRequest) lines.push(`  request: ${details.buildRequest}`)
  if (details.option) lines.push(`  the plugin's option: ${details.option}`)
  if (details.transform) lines.push(`  transform: ${details.transform}`)
  if (details.node) lines.push(`  node: ${details.node}`)
  if (details.remedy) lines.push(`  ${details.remedy.split('\n').join('\n  ')}`)
  return lines.join('\n')
}

/** The line of the text that holds the offset, cut to what fits on a screen. */
function excerpt(text: string, offset: number): { line: string; column: number } {
  const start = text.lastIndexOf('\n', Math.max(offset - 1, 0)) + 1
  const lineStart = offset === 0 ? 0 : start
  const end = text.indexOf('\n', offset)
  const line = text.slice(lineStart, end < 0 ? text.length : end)
  const column = offset - lineStart
  const from = Math.max(0, column - 60)
  return { line: (from ? '…' : '') + line.slice(from, from + 100), column: column - from + (from ? 1 : 0) }
}

function stackFrames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}

/** `did you mean "x"?`, or undefined where nothing known is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const names = [...known]
  if (names.length === 0 || word === '') return undefined
  const lower = word.toLowerCase().replaceAll('-', '_')
  const best = closest(lower, names)
  const limit = Math.max(2, Math.floor(best.length / 3))
  return distance(lower, best) <= limit ? `did you mean "${best}"?` : undefined
}

/** Anything thrown, as a GraphdefError. An error of another kind is a fault of ours and passes unchanged. */
export function withPlace(error: unknown, place: ErrorPlace): unknown {
  return error instanceof GraphdefError ? error.at(place) : error
}
