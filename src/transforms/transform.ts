import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { TensorName } from '../graph/tensor-name.js'
import type { OptionsOf, Schema } from './options.js'

/**
 * How far a transform may change what a graph computes: `exact` not at all beyond the last bits of constant folding,
 * `rounding` within float rounding, `lossy` visibly.
 */
export type Fidelity = 'exact' | 'rounding' | 'lossy'

/** One case in which a transform does something else than the historical tool; a row of the documentation's table. */
export interface Difference {
  /** Names the test that shows it: a file of `test/transforms/cases/<transform>/`, or a test's title. */
  test: string
  /** What the historical tool did. */
  historical: string
  /** What happens here. */
  here: string
}

/** A node that a transform left as it was although it was asked to change such nodes. */
export interface Skip {
  node: string
  reason: string
}

/** What a transform did, as facts. */
export interface TransformReport {
  changed: number
  removed: number
  added: number
  skipped: Skip[]
  /** Anything worth knowing once, e.g. the largest error of a rounding. */
  notes: string[]
}

/** Collects a transform's report while it runs. */
export class Reporter implements TransformReport {
  changed = 0
  removed = 0
  added = 0
  readonly skipped: Skip[] = []
  readonly notes: string[] = []
  readonly #known = new Set<string>()

  change(_node: Node): void {
    this.changed++
  }
  remove(_node: Node): void {
    this.removed++
  }
  add(_node: Node): void {
    this.added++
  }
  /** A guarded skip: once a node and reason, however many passes a transform makes. */
  skip(node: Node | string, reason: string): void {
    const name = typeof node === 'string' ? node : node.name
    const known = `${name}\0${reason}`
    if (this.#known.has(known)) return
    this.#known.add(known)
    this.skipped.push({ node: name, reason })
  }
  note(text: string): void {
    this.notes.push(text)
  }
  /** Whether anything was done, so that a transform can repeat until nothing changes. */
  get edits(): number {
    return this.changed + this.removed + this.added
  }
}

/** What a transform knows besides the graph. */
export interface TransformContext {
  /** The tensors that are fed. */
  readonly inputs: readonly TensorName[]
  /** The tensors that are asked for. */
  readonly outputs: readonly TensorName[]
  /** Whether a node is among the inputs or outputs: it is neither removed nor renamed nor computes anything else. */
  isPinned(node: Node | string): boolean
  /**
   * The content of a file that an option names, by its path as written.
   * @throws GraphdefError `file-not-found`
   */
  file(path: string): Uint8Array
  readonly report: Reporter
}

/** A transform: a name of the Graph Transform Tool (or of its companions), its parameters, and what it does to a graph. */
export interface Transform<S extends Schema = Schema> {
  readonly name: string
  /** One line, as a continuation of the name: "removes ...". */
  readonly summary: string
  readonly fidelity: Fidelity
  readonly options: S
  /** Whether a second run in a row changes nothing. */
  readonly idempotent: boolean
  readonly differences: readonly Difference[]
  /** Edits the graph in place. Throws a GraphdefError where the transform cannot be applied; the graph is then discarded. */
  run(graph: Graph, options: OptionsOf<S>, context: TransformContext): void
}

type Declared<S extends Schema> = Omit<Transform<S>, 'idempotent' | 'differences'> &
  Partial<Pick<Transform<S>, 'idempotent' | 'differences'>>

export function defineTransform<const S extends Schema>(declared: Declared<S>): Transform {
  return { idempotent: true, differences: [], ...declared } as unknown as Transform
}

/** The error of a transform that cannot be applied at a node; the runner adds the transform's name. */
export function cannotTransform(node: Node, what: string, remedy?: string): GraphdefError {
  return new GraphdefError('transform-failed', { what, node: node.name, remedy })
}
