import * as tf from '@tensorflow/tfjs'
import { load, type Model } from 'unplugin-graphdef/runtime'
import type { MobileNet } from './variants.js'

const output = 'MobilenetV1/Predictions/Reshape_1'

type Loaded = Model<MobileNet['inputs'], MobileNet['outputs'], typeof tf>

/** MobileNet in TensorFlow.js, on the backend that was set when it was loaded. */
export class Classifier {
  readonly #model: Loaded

  private constructor(model: Loaded) {
    this.#model = model
  }

  /** `onProgress` hears which share of the download is there. Rejects with the runtime's ModelLoadError. */
  static async load(asset: MobileNet, onProgress?: (share: number) => void): Promise<Classifier> {
    const model = await load(asset, { tf, onProgress: ({ loaded, total }) => onProgress?.(loaded / total) })
    return new Classifier(model)
  }

  /** @param pixels float32 [1, 128, 128, 3] in -1 … 1. Returns the 1001 probabilities. */
  async classify(pixels: Float32Array): Promise<Float32Array> {
    const { [output]: probabilities } = await this.#model.run({ input: pixels })
    try {
      return Float32Array.from(await probabilities.data())
    } finally {
      probabilities.dispose()
    }
  }

  dispose(): void {
    this.#model.dispose()
  }
}
