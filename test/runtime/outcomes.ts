import { loadBytes, ModelLoadError, type TfLike } from '../../src/runtime/index.js'
import type { ModelEntry } from '../models/models.js'
import { recordedModel, relativeError } from './recorded.js'

/**
 * What became of a model: `right` (within 1e-4 of the largest magnitude), `random` (it runs, and no two answers are the
 * same), `unsupported` (refused, with the ops and nodes named), or what went wrong.
 */
export async function outcomeOf(entry: ModelEntry, tf: TfLike): Promise<string> {
  const { content, manifest, feeds, answers } = recordedModel(entry)
  try {
    const model = await loadBytes(content, manifest, { tf })
    try {
      const results = await model.run(feeds)
      let error = 0
      for (const [name, answer] of Object.entries(answers)) {
        error = Math.max(error, await relativeError(results[name]!, answer))
        results[name]!.dispose()
      }
      return !entry.deterministic ? 'random' : error <= 1e-4 ? 'right' : `wrong by ${error}`
    } finally {
      model.dispose()
    }
  } catch (error) {
    if (!(error instanceof ModelLoadError) || error.code !== 'unsupported-op') return `${error}`
    return error.details?.every(({ nodes }) => nodes.length > 0) ? 'unsupported' : 'unsupported, without nodes'
  }
}
