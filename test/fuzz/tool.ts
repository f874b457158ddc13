import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import type { Graph } from '../../src/graph/graph.js'
import type { FuzzCase } from './fuzz-case.js'

/** What a run gave: a graph, a refusal, or nothing one can go on with. */
export type Outcome =
  | { kind: 'graph'; graph: Graph }
  | { kind: 'refused'; text: string }
  | { kind: 'crashed' | 'hung'; text: string }
  /** What it wrote is no graph, as two nodes have one name. */
  | { kind: 'broken'; text: string }

/** The Graph Transform Tool in a Python process that stays, for thousands of graphs. */
export class Tool {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #folder = mkdtempSync(join(tmpdir(), 'graphdef-fuzz-'))

  private constructor(process: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process
    this.#lines = lines
  }

  /** @param oracle the folder with TensorFlow's Python */
  static async start(oracle: string): Promise<Tool> {
    const script = fileURLToPath(new URL('tool.py', import.meta.url))
    const process = spawn(`${oracle}/bin/python`, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]()
    const { value } = await lines.next()
    if (value !== 'ready') throw new Error(`${oracle}/bin/python did not start TensorFlow: ${value}`)
    return new Tool(process, lines)
  }

  /** Runs a chain in the tool's own words. */
  async transform({ bytes, inputs, outputs, files }: FuzzCase, chain: string): Promise<Outcome> {
    let transforms = chain
    for (const [path, content] of files ?? []) {
      const written = join(this.#folder, path)
      writeFileSync(written, content)
      transforms = transforms.replaceAll(path, written)
    }
    const graph = Buffer.from(bytes).toString('base64')
    this.#process.stdin!.write(`${JSON.stringify({ graph, inputs, outputs, transforms })}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('the process with the tool ended')
    const answer = JSON.parse(value) as { graph?: string; refused?: string; crashed?: number; hung?: number }
    if (answer.refused !== undefined) return { kind: 'refused', text: answer.refused }
    if (answer.crashed !== undefined) return { kind: 'crashed', text: `signal ${answer.crashed}` }
    if (answer.hung !== undefined) return { kind: 'hung', text: `after ${answer.hung} s` }
    try {
      return { kind: 'graph', graph: readGraphDef(new Uint8Array(Buffer.from(answer.graph!, 'base64'))) }
    } catch (error) {
      if (!(error instanceof GraphdefError)) throw error
      return { kind: 'broken', text: error.details.what }
    }
  }

  stop(): void {
    this.#process.stdin!.end()
    rmSync(this.#folder, { recursive: true })
  }
}
