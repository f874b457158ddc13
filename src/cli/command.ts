import type { Flags, FlagValues } from './flags.js'

/** Where a command prints. */
export interface Terminal {
  /** Prints to standard output; the line break is added. */
  print(text: string): void
  /** Prints to standard error; the line break is added. For what goes wrong while the command goes on. */
  printError(text: string): void
  /** Shows what goes on in place of what it showed before; an empty text wipes it. Does nothing where nobody watches. */
  progress(text: string): void
}

/** An argument without a name: a file to inspect, for instance. */
export interface Operand {
  /** As the help shows it: `FILE`. */
  name: string
  help: string
  required: boolean
  /** Whether it may stand several times; only the last operand can. */
  many?: boolean
}

/** The historical tools gave -1 where they could not do what was asked, which a shell sees as 255. */
export type ExitStatus = 0 | 1 | 255

/** A command of the command line, declared as data. */
export interface Command<F extends Flags = Flags> {
  readonly name: string
  /** One line, as a continuation of the name: "lists ...". */
  readonly summary: string
  /** Command lines that work, as the help shows them. */
  readonly examples: readonly string[]
  readonly flags: F
  /** In the order they are given; those that are required come first. */
  readonly operands?: readonly Operand[]
  /** The exit status after an error, where a script may look at it; 1 where not given. */
  readonly errorStatus?: ExitStatus
  /** Does the work and gives the exit status where it is not 0. Throws a GraphdefError for whatever a user can mend. */
  run(flags: FlagValues<F>, operands: readonly string[], terminal: Terminal): Promise<ExitStatus> | Promise<void>
}

/** A command; its heavy parts are imported by `run`, so that the help of all commands costs little. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command
}
