import { GraphdefError } from '../errors.js'
import { version } from '../version.js'

/** What a user sees of an error: its code and message, or, for a fault of ours, all there is to report. */
export function errorText(error: unknown, command: string): string {
  const program = command ? `graphdef ${command}` : 'graphdef'
  if (error instanceof GraphdefError) return `${program}: ${error.code}: ${error.message}`
  return [
    `${program}: this is a fault in graphdef ${version} (Node ${process.version}), not in the model or the command line`,
    error instanceof Error ? (error.stack ?? error.message) : String(error),
    'Please report it with these lines and, if you can, the model.',
  ].join('\n')
}
