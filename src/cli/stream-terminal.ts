import type { Terminal } from './command.js'

/** Where a command line prints: standard output and standard error. */
export interface Streams {
  stdout: { write(text: string): unknown }
  stderr: { write(text: string): unknown; isTTY?: boolean }
}

/** A terminal over two streams. Progress is shown on standard error, where a person watches it. */
export class StreamTerminal implements Terminal {
  readonly #streams: Streams
  #shown = 0

  constructor(streams: Streams) {
    this.#streams = streams
  }

  print(text: string): void {
    this.#streams.stdout.write(`${text}\n`)
  }

  printError(text: string): void {
    this.progress('')
    this.#streams.stderr.write(`${text}\n`)
  }

  progress(text: string): void {
    const { stderr } = this.#streams
    if (!stderr.isTTY || process.env.CI || text.length + this.#shown === 0) return
    stderr.write(`\r${text.padEnd(this.#shown)}${text === '' ? '\r' : ''}`)
    this.#shown = text.length
  }
}
