/**
 * The types of what an import gives. Types alone: the runtime, which is shipped to the app, reads them too.
 */

/** TensorFlow's data types under the names that the manifest uses. */
export type TensorDataType =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'qint8'
  | 'qint16'
  | 'qint32'
  | 'quint8'
  | 'quint16'
  | 'bool'
  | 'string'
  | 'complex64'
  | 'complex128'
  | 'resource'
  | 'variant'
  | 'float8_e5m2'
  | 'float8_e4m3fn'
  | 'float8_e4m3fnuz'
  | 'float8_e4m3b11fnuz'
  | 'float8_e5m2fnuz'
  | 'float4_e2m1fn'
  | 'int2'
  | 'int4'
  | 'uint2'
  | 'uint4'

/** An input or output of a model. */
export interface TensorInfo {
  /** The tensor's name in the graph: `node`, or `node:1` for a later port. */
  readonly name: string
  readonly dtype: TensorDataType
  /** `null`: the rank is unknown; `null` inside: that dimension is unknown. */
  readonly shape: readonly (number | null)[] | null
}

/** Inputs or outputs in graph order, keyed by node name (`name:1` for a later port). */
export type TensorInfos = Record<string, TensorInfo>

/** Everything about a model but where it lies. */
export interface ModelManifest<I extends TensorInfos = TensorInfos, O extends TensorInfos = TensorInfos> {
  readonly format: 'graphdef' | 'memmapped' | 'tfjs'
  /** The size of what is served. */
  readonly bytes: number
  /** SHA-256 of what is served, in lower-case hexadecimal digits. */
  readonly sha256: string
  readonly inputs: I
  readonly outputs: O
  /** The distinct ops left in the graph, sorted. */
  readonly ops: readonly string[]
  /** The canonical chain that really ran, one step an entry. */
  readonly chain: readonly string[]
  /** How TensorFlow.js has to run the graph: control flow and outputs of unknown size need `executeAsync`. */
  readonly api: 'execute' | 'executeAsync'
}

/** What `import model from './model.pb?optimize'` gives. */
export interface ModelAsset<I extends TensorInfos = TensorInfos, O extends TensorInfos = TensorInfos>
  extends ModelManifest<I, O> {
  /** Where the model is served, as the host resolved it. */
  readonly url: string
}
