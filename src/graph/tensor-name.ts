/**
 * One input of a node, or a tensor that is asked for: a producer and which of its outputs,
 * or (port -1) only the wish to run after it. Immutable and shared between nodes.
 */
export interface TensorName {
  readonly node: string
  /** The output's index; {@link controlPort} for a control input. */
  readonly port: number
}

export const controlPort = -1

export function isControl(name: TensorName): boolean {
  return name.port === controlPort
}

export function tensorName(node: string, port = 0): TensorName {
  return { node, port }
}

export function controlInput(node: string): TensorName {
  return { node, port: controlPort }
}

/**
 * Reads `x`, `x:1` and `^x`; the only place where such a string is taken apart. A port written on a control
 * input (`^x:0`) means nothing and is dropped; text behind a colon that is no number belongs to the name.
 */
export function parseTensorName(text: string): TensorName {
  const control = text.charCodeAt(0) === 0x5e /* ^ */
  const colon = text.lastIndexOf(':')
  if (colon > 0 && colon < text.length - 1 && digitsOnly(text, colon + 1)) {
    const node = text.slice(control ? 1 : 0, colon)
    return { node, port: control ? controlPort : Number(text.slice(colon + 1)) }
  }
  return control ? { node: text.slice(1), port: controlPort } : { node: text, port: 0 }
}

function digitsOnly(text: string, from: number): boolean {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x30 || code > 0x39) return false
  }
  return true
}

/** `^x`, `x` for the first output, `x:1` for a later one. */
export function printTensorName({ node, port }: TensorName): string {
  if (port === controlPort) return `^${node}`
  return port === 0 ? node : `${node}:${port}`
}

export function sameTensor(a: TensorName, b: TensorName): boolean {
  return a.node === b.node && a.port === b.port
}
