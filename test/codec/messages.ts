import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const folder = fileURLToPath(new URL('../../proto/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.proto'))
const root = new protobuf.Root().loadSync(files.map((name) => folder + name))

/** protobufjs's own reading and writing of TensorFlow's messages, from the .proto files, to check ours against. */
export const GraphDef: protobuf.Type = root.lookupType('tensorflow.GraphDef')
export const TensorProto: protobuf.Type = root.lookupType('tensorflow.TensorProto')
