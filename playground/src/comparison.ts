import { likeliest, shortName } from './class-names.js'
import type { VariantName } from './variants.js'

/** Where two answers differ most: the index of the class, and by how much. */
export function largestDifference(a: Float32Array, b: Float32Array): { index: number; difference: number } {
  let index = 0
  let difference = 0
  for (let each = 0; each < a.length; each++) {
    const here = Math.abs(a[each]! - b[each]!)
    if (here <= difference) continue
    difference = here
    index = each
  }
  return { index, difference }
}

/** The difference of one answer from the reference, as a card says it. */
export function describeDifference(reference: Float32Array, answer: Float32Array): string {
  if (answer === reference) return 'the reference'
  const { index, difference } = largestDifference(reference, answer)
  if (difference === 0) return 'none at all'
  return `${difference < 1e-3 ? difference.toExponential(1) : difference.toFixed(3)} (${shortName(index)})`
}

/** One sentence on who says what. */
export function verdict(answers: ReadonlyMap<VariantName, Float32Array>): string {
  const sayers = new Map<string, VariantName[]>()
  for (const [name, probabilities] of answers) {
    const top = shortName(likeliest(probabilities, 1)[0]!)
    sayers.set(top, [...(sayers.get(top) ?? []), name])
  }
  const groups = [...sayers]
  if (groups.length === 1) return `${answers.size === 3 ? 'All three say' : 'The verdict:'} ${groups[0]![0]}.`
  return `${groups.map(([top, names]) => `${names.join(' and ')} ${names.length > 1 ? 'say' : 'says'} ${top}`).join(', ')}.`
}
