import { GraphdefError } from '../errors.js'
import { type DataType, dataTypeFromNumber, historicalDataType, parseDataType } from '../graph/data-type.js'
import { parseTensorName } from '../graph/tensor-name.js'
import { BadFlagValue, custom, type Flag } from './flags.js'

/** `--placeholder_type_enum` of the Python tools. `namesFlag` is the one that names the inputs. */
export function placeholderTypes(namesFlag: string): Flag<readonly DataType[] | undefined> {
  return custom('TYPES', readTypes, {
    help: `the data type of inputs that become placeholders, or one for each name in ${namesFlag}: 1 or float, 4 or uint8`,
  })
}

/** TensorFlow's enum numbers or names of data types, with commas between them. */
function readTypes(text: string): DataType[] {
  return text.split(',').map((piece) => {
    const word = piece.trim()
    const type = parseDataType(/^\d+$/.test(word) ? dataTypeFromNumber(Number(word)) : word)
    if (!type) throw new BadFlagValue(`"${word}" is neither a data type nor the number of one`)
    return type
  })
}

/**
 * The step that makes the placeholders, with these types told.
 * @throws GraphdefError `bad-flag` where there are neither one type nor as many as names
 */
export function stripStep(types: readonly DataType[] | undefined, inputs: readonly string[] | undefined): string {
  if (!types) return 'strip_unused_nodes'
  if (types.length === 1) return `strip_unused_nodes(type=${historicalDataType(types[0]!)})`
  if (types.length !== inputs?.length) {
    throw new GraphdefError('bad-flag', {
      what: `--placeholder_type_enum has ${types.length} types, and ${inputs?.length ?? 0} inputs are named`,
      remedy: 'Give one type for all inputs, or one for each that is named.',
    })
  }
  const pairs = types.map((type, index) => {
    const { node } = parseTensorName(inputs[index]!)
    return `name="${node}", type_for_name=${historicalDataType(type)}`
  })
  return `strip_unused_nodes(${pairs.join(', ')})`
}
