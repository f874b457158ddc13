import type { TensorInfos } from '../manifest/types.js'

/** What is used of a tensor of TensorFlow.js. */
export interface TensorValue {
  readonly dtype: string
  readonly shape: number[]
  data(): Promise<unknown>
  clone(): TensorValue
  dispose(): void
}

/** What is used of `tf.GraphModel`. (`never`: its parameters are TensorFlow.js's own types.) */
export interface GraphModelValue {
  execute(inputs: never, outputs: string[]): TensorValue | TensorValue[]
  executeAsync(inputs: never, outputs: string[]): Promise<TensorValue | TensorValue[]>
  dispose(): void
}

/**
 * What is used of TensorFlow.js: pass `@tensorflow/tfjs`, or `{ ...core, ...converter }` of `@tensorflow/tfjs-core`
 * and `@tensorflow/tfjs-converter` with a backend imported. Which backend runs the model is the app's choice.
 */
export interface TfLike {
  readonly io: object
  ready(): Promise<void>
  getBackend(): string
  tensor(values: unknown, shape?: number[], dtype?: 'float32' | 'int32' | 'bool' | 'string' | 'complex64'): TensorValue
  /** Of two tensors of its own. */
  complex(real: never, imaginary: never): TensorValue
  /** Of an `IOHandler`, with `io.decodeWeights` replaced. */
  loadGraphModel(handler: never, options: object, io: never): Promise<GraphModelValue>
}

/** The tensors and the graph model of the TensorFlow.js that was passed. */
export type TensorOf<TF extends TfLike> = ReturnType<TF['tensor']>
export type GraphModelOf<TF extends TfLike> = Awaited<ReturnType<TF['loadGraphModel']>>

export type NestedArray = number | boolean | string | readonly NestedArray[]

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/**
 * What an input takes: a tensor (it stays yours to dispose), a number, a nested array, or a flat or typed array of
 * as many values as the input's shape says; at most one of its dimensions may be unknown then.
 */
export type TensorLike<Tensor = TensorValue> = Tensor | TypedArray | NestedArray

export interface LoadOptions<TF extends TfLike = TfLike> {
  readonly tf: TF
  /** Stops the download; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Called for every piece that arrives, in bytes of the model; `total` is known from the start. */
  readonly onProgress?: (progress: { readonly loaded: number; readonly total: number }) => void
  /**
   * Runs the model once on zeros, so that the first real call doesn't pay for compiling kernels. Unknown dimensions
   * count as 1; give shapes by input name where that doesn't fit.
   */
  readonly warmUp?: boolean | Readonly<Record<string, readonly number[]>>
  /** Compares the SHA-256 with the manifest's (default true). Skipped where the page isn't a secure context. */
  readonly verify?: boolean
  readonly fetch?: typeof fetch
}

/** A model in TensorFlow.js. */
export interface Model<I extends TensorInfos, O extends TensorInfos, TF extends TfLike = TfLike> {
  /**
   * Runs the model: one value for each input, by name, and a tensor for each output, by name. The tensors are the
   * caller's to dispose. Rejects with a TypeError where an input is missing, unknown, or of the wrong dtype or shape.
   */
  run(feeds: { readonly [K in keyof I]: TensorLike<TensorOf<TF>> }): Promise<{ [K in keyof O]: TensorOf<TF> }>
  /** TensorFlow.js's own model, for what `run` doesn't offer. */
  readonly graphModel: GraphModelOf<TF>
  /** Frees the weights. */
  dispose(): void
}
