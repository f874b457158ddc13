export type ModelLoadErrorCode =
  | 'http'
  | 'html'
  | 'lfs'
  | 'size'
  | 'truncated'
  | 'hash'
  | 'format'
  | 'unsupported-op'
  | 'backend'

/** An op of the model that TensorFlow.js can't run, and the nodes that need it. */
export interface UnsupportedOp {
  readonly op: string
  readonly nodes: readonly string[]
  /** Why, where TensorFlow.js knows the op by name but computes something else. */
  readonly reason?: string
}

/** Why a model couldn't be loaded. */
export class ModelLoadError extends Error {
  override readonly name: string = 'ModelLoadError'
  readonly code: ModelLoadErrorCode
  /** With `unsupported-op`, the ops and their nodes. */
  readonly details?: readonly UnsupportedOp[]

  constructor(
    code: ModelLoadErrorCode,
    message: string,
    options?: { cause?: unknown; details?: readonly UnsupportedOp[] },
  ) {
    super(message, options)
    this.code = code
    this.details = options?.details
  }
}
