import { SideFileReader } from '../cache/side-file-reader.js'
import type { Request } from '../chain/request.js'
import { withPlace } from '../errors.js'
import { buildLine } from '../report/build-line.js'
import type { Terminal } from './command.js'
import { readModelFile, writeModelFile } from './model-file.js'

export interface FileRequest {
  source: string
  target: string
  request: Request
  /** Whether the target is written in protobuf's text format. */
  asText: boolean
  /** The chain as asked, for the build line. */
  name: string
  /** Whether each step is told about. */
  verbose: boolean
}

/** A short chain is not worth a line that shows how far it is. */
const progressAfter = 500

/** Runs a request on a file, writes the result to another, and says what was done. */
export async function optimizeFile(
  { source, target, request, asText, name, verbose }: FileRequest,
  terminal: Terminal,
): Promise<void> {
  const started = performance.now()
  const bytes = readModelFile(source)
  try {
    const { transformModel } = await import('../optimize.js')
    const { slices, report } = await transformModel(bytes, request, {
      readFile: new SideFileReader(request.chain, process.cwd()).read,
      onStep(step, index, count) {
        if (performance.now() - started > progressAfter) terminal.progress(`${index + 1}/${count} ${step} …`)
      },
    })
    terminal.progress('')
    const written = asText ? [await textOf(slices.list)] : slices.list
    await writeModelFile(target, written)
    const result = { format: request.format, bytes: asText ? written[0]!.length : slices.length }
    terminal.print(buildLine(source, report, result, { milliseconds: performance.now() - started, name }))
    const { remarkLines, stepLines } = await import('../report/step-lines.js')
    for (const line of (verbose ? stepLines : remarkLines)(report.steps)) terminal.print(line)
  } catch (error) {
    throw withPlace(error, { file: source })
  }
}

async function textOf(slices: readonly Uint8Array[]): Promise<Uint8Array> {
  const [{ joinSlices }, { printPbtxt }] = await Promise.all([
    import('../codec/graphdef.js'),
    import('../codec/pbtxt.js'),
  ])
  return new TextEncoder().encode(await printPbtxt(joinSlices(slices)))
}
