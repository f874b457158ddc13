import { useBackend } from '../../playground/src/backend.js'
import { Classifier } from '../../playground/src/classifier.js'
import { type VariantName, variants } from '../../playground/src/variants.js'

/** What one of the playground's variants says to an input, and the digest of the bytes that it is. */
export interface Prediction {
  /** The backend it ran on, which may not be the one that was asked for. */
  readonly backend: string
  readonly sha256: string
  readonly probabilities: number[]
}

declare global {
  var predict: typeof predictWith
}

/** A page beside the playground that runs the playground's own models on numbers instead of a picture. */
async function predictWith(wanted: 'wasm' | 'cpu', name: VariantName, pixels: number[]): Promise<Prediction> {
  const backend = await useBackend(wanted)
  const { asset } = variants.find((variant) => variant.name === name)!
  const classifier = await Classifier.load(asset)
  try {
    const probabilities = [...(await classifier.classify(Float32Array.from(pixels)))]
    return { backend, sha256: asset.sha256, probabilities }
  } finally {
    classifier.dispose()
  }
}

globalThis.predict = predictWith
