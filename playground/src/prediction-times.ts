import type { Classifier } from './classifier.js'

const warmUpRounds = 2
const rounds = 9
const fewestRounds = 3
/** Where a backend is slow, fewer rounds have to do. */
const enoughMilliseconds = 1500

/**
 * The median milliseconds of a prediction for each of several models. They take turns, and the first rounds don't count:
 * the browser still compiles then, and whichever model came first would seem slow. Stops, with nothing, once `pause` says so.
 *
 * @param pause called between the predictions; resolves to whether to go on
 */
export async function predictionTimes(
  classifiers: readonly Classifier[],
  pixels: Float32Array,
  pause: () => Promise<boolean>,
): Promise<number[] | null> {
  const times = classifiers.map((): number[] => [])
  const started = performance.now()
  for (let round = -warmUpRounds; round < rounds; round++) {
    if (round >= fewestRounds && performance.now() - started > enoughMilliseconds) break
    for (const [index, classifier] of classifiers.entries()) {
      if (!(await pause())) return null
      const start = performance.now()
      await classifier.classify(pixels)
      if (round >= 0) times[index]!.push(performance.now() - start)
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]!)
}
