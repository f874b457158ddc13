import type { Node } from '../graph/node.js'
import type { Reporter } from './transform.js'

/** The largest error among the tensors that a lossy transform changed. */
export class LargestError {
  #relative = -1
  #name = ''

  /**
   * `error` is how far an element moved at most, `magnitude` the tensor's largest magnitude before; a tensor of zeros
   * has none.
   */
  see(node: Node, error: number, magnitude: number): void {
    if (magnitude === 0) return
    const relative = error / magnitude
    if (relative <= this.#relative) return
    this.#relative = relative
    this.#name = node.name
  }

  note(report: Reporter): void {
    if (this.#relative < 0) return
    const percent = Number((this.#relative * 100).toPrecision(2))
    report.note(`largest relative error ${percent} % of a tensor's largest magnitude, in "${this.#name}"`)
  }
}
