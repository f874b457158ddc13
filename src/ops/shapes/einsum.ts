import type { Shape } from '../../graph/shape.js'
import { broadcastShapes, type Dim, mergeDims, ShapeMismatch } from './dimensions.js'
import type { ShapeContext } from './shape-function.js'

/** A term of an equation: its labels, `.` standing for the axes that an ellipsis covers. */
function labelsOf(term: string): string {
  return term.replaceAll(' ', '').replace('...', '.')
}

/** Einsum: each label is one size wherever it stands; what an ellipsis covers is broadcast. */
export function einsum(c: ShapeContext): Shape[] {
  const equation = c.stringAttr('equation')
  const [left, right] = equation.split('->') as [string, string | undefined]
  const terms = left.split(',').map(labelsOf)
  if (terms.length !== c.inputCount || right === undefined) return [null]
  const sizes = new Map<string, Dim>()
  let covered: Shape = []
  let isOpen = false
  for (const [index, term] of terms.entries()) {
    const shape = c.shape(index)
    const at = term.indexOf('.')
    if (shape === null) {
      // How many axes the ellipsis covers is not known then.
      isOpen ||= at >= 0
      for (const label of term) if (label !== '.' && !sizes.has(label)) sizes.set(label, null)
      continue
    }
    const named = at < 0 ? term.length : term.length - 1
    const count = shape.length - named
    if (count < 0 || (at < 0 && count > 0)) throw new ShapeMismatch(`"${term}" for rank ${shape.length}`)
    if (at >= 0) covered = broadcastShapes(covered, shape.slice(at, at + count))
    for (const [place, label] of [...term].entries()) {
      if (label === '.') continue
      const axis = at >= 0 && place > at ? place - 1 + count : place
      sizes.set(label, mergeDims(sizes.get(label) ?? null, shape[axis]!))
    }
  }
  const result = labelsOf(right)
  if (result.includes('.') && isOpen) return [null]
  return [[...result].flatMap((label): readonly Dim[] => (label === '.' ? covered! : [sizes.get(label) ?? null]))]
}
