import type { TensorInfo } from '../manifest/types.js'
import type { TfjsDataType } from './constant.js'

/** The type that TensorFlow.js has for one of TensorFlow's: it knows no other integers and floats. */
export function tfjsDataTypeOf(dtype: TensorInfo['dtype']): TfjsDataType {
  if (dtype === 'bool' || dtype === 'string') return dtype
  if (dtype.startsWith('complex')) return 'complex64'
  return dtype.includes('float') ? 'float32' : 'int32'
}

/** `float32 [?,128,128,3]` */
export function describeTensor(dtype: string, shape: TensorInfo['shape']): string {
  return `${dtype} ${shape ? `[${shape.map((size) => size ?? '?').join(',')}]` : 'of any shape'}`
}
