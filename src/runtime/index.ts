import type { ModelAsset, ModelManifest, TensorInfos } from '../manifest/types.js'
import { checkContent, download } from './download.js'
import { createModel } from './model.js'
import type { LoadOptions, Model, TfLike } from './types.js'

export type { ModelAsset, ModelManifest, TensorDataType, TensorInfo, TensorInfos } from '../manifest/types.js'
export { ModelLoadError, type ModelLoadErrorCode, type UnsupportedOp } from './errors.js'
export type {
  GraphModelOf,
  GraphModelValue,
  LoadOptions,
  Model,
  NestedArray,
  TensorLike,
  TensorOf,
  TensorValue,
  TfLike,
  TypedArray,
} from './types.js'

/**
 * Downloads a model that was imported and loads it into TensorFlow.js.
 *
 *     import * as tf from '@tensorflow/tfjs'
 *     import asset from './mobilenet.pb?optimize=deploy'
 *     const model = await load(asset, { tf })
 *     const { probabilities } = await model.run({ input: pixels })
 *
 * Rejects with a ModelLoadError whose `code` tells what is wrong, or with the reason of `signal`.
 */
export async function load<I extends TensorInfos, O extends TensorInfos, TF extends TfLike>(
  model: ModelAsset<I, O>,
  options: LoadOptions<TF>,
): Promise<Model<I, O, TF>> {
  const content = await download(model, options)
  options.signal?.throwIfAborted()
  return createModel(content, model, options)
}

/** Loads a model whose content the app has already: as {@link load} does, without the download. */
export async function loadBytes<I extends TensorInfos, O extends TensorInfos, TF extends TfLike>(
  bytes: Uint8Array,
  model: ModelManifest<I, O>,
  options: LoadOptions<TF>,
): Promise<Model<I, O, TF>> {
  await checkContent(bytes, bytes.length, model, { from: 'The model', verify: options.verify })
  return createModel(bytes, model, options)
}
