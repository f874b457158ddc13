import list from '../models/imagenet_classes.txt?raw'

/** The names of MobileNet's 1001 classes with their synonyms, by index. The first is the background. */
export const classNames: readonly string[] = list.trimEnd().split('\n')

/** The name alone, without its synonyms. */
export function shortName(index: number): string {
  return classNames[index]!.split(',')[0]!
}

/** The indices of the `count` largest probabilities, the largest first. */
export function likeliest(probabilities: Float32Array, count: number): number[] {
  return [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, count)
}
