import { didYouMean, GraphdefError } from '../errors.js'
import { readArguments } from './arguments.js'
import { build } from './build.js'
import { check } from './check.js'
import type { Command, ExitStatus, Terminal } from './command.js'
import { compareGraphs } from './compare-graphs.js'
import { convertGraphdefMemmappedFormat } from './convert-graphdef-memmapped-format.js'
import { errorText } from './error-text.js'
import { inspect } from './inspect.js'
import { optimizeForInference } from './optimize-for-inference.js'
import { printSelectiveRegistrationHeader } from './print-selective-registration-header.js'
import { quantizeGraph } from './quantize-graph.js'
import { type Streams, StreamTerminal } from './stream-terminal.js'
import { stripUnused } from './strip-unused.js'
import { summarizeGraph } from './summarize-graph.js'
import { transformGraph } from './transform-graph.js'
import { listTransforms } from './transforms.js'

/** The commands, in the order of the help. */
export const commands: readonly Command[] = [
  inspect,
  check,
  build,
  transformGraph,
  optimizeForInference,
  stripUnused,
  quantizeGraph,
  convertGraphdefMemmappedFormat,
  summarizeGraph,
  compareGraphs,
  printSelectiveRegistrationHeader,
  listTransforms,
]

/** Runs a command line (without `node` and the script). Gives the exit status, after one error on standard error where it failed. */
export async function runCommandLine(given: readonly string[], streams: Streams): Promise<ExitStatus> {
  const terminal = new StreamTerminal(streams)
  const [name = '', ...rest] = given
  try {
    return await dispatch(name, rest, terminal)
  } catch (error) {
    const command = commands.find((known) => known.name === name)
    terminal.printError(errorText(error, command?.name ?? ''))
    return command?.errorStatus ?? 1
  }
}

async function dispatch(name: string, given: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  if (/^--?h(?:elp)?$/.test(name)) {
    const { overviewHelp } = await import('./help.js')
    terminal.print(overviewHelp(commands))
    return 0
  }
  if (/^--?v(?:ersion)?$/.test(name)) {
    const { version } = await import('../version.js')
    terminal.print(version)
    return 0
  }
  const command = commands.find((known) => known.name === name)
  if (!command) throw unknownCommand(name)
  const { flags, operands, help } = readArguments(command, given)
  if (help) {
    const { commandHelp } = await import('./help.js')
    terminal.print(commandHelp(command))
    return 0
  }
  return (await command.run(flags, operands, terminal)) ?? 0
}

function unknownCommand(name: string): GraphdefError {
  const known = commands.map((command) => command.name)
  return new GraphdefError('unknown-command', {
    what: name === '' ? 'a command is missing' : `there is no command "${name}"`,
    remedy: [didYouMean(name, known), `Commands: ${known.join(', ')}.`, 'graphdef --help tells what they do.']
      .filter(Boolean)
      .join('\n'),
  })
}
