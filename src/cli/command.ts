import type { Flags, FlagValues } from './flags.js'

/** Where a command prints. */
export interface Terminal {
  /** Prints to standard output; the line break is added. */
  print(text: string): void
  /** Shows what goes on in place of what it showed before; an empty text wipes it. Does nothing where nobody watches. */
  progress(text: string): void
}

/** An argument without a name: a file to inspect, for instance. */
export interface Operand {
  /** As the help shows it: `FILE`. */
  name: string
  help: string
  required: boolean
}

/** A command of the command line, declared as data. */
export interface Command<F extends Flags = Flags> {
  readonly name: string
  /** One line, as a continuation of the name: "lists ...". */
  readonly summary: string
  /** Command lines that work, as the help shows them. */
  readonly examples: readonly string[]
  readonly flags: F
  readonly operand?: Operand
  /** Does the work. Throws a GraphdefError for whatever a user can mend. */
  run(flags: FlagValues<F>, operand: string | undefined, terminal: Terminal): Promise<void>
}

/** A command; its heavy parts are imported by `run`, so that the help of all commands costs little. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command
}
