import { type InputShape, parseInputShapes } from '../chain/input-shapes.js'
import { BadValue } from '../transforms/options.js'
import { BadFlagValue, custom, type Flag } from './flags.js'

/** `--input_shape=image:1,224,224,3;mask:1,224`: sizes of inputs that the graph leaves open. */
export function inputShapes(): Flag<readonly InputShape[] | undefined> {
  return custom('NAME:SIZES;...', readShapes, {
    help: 'sizes of inputs that the graph leaves open: image:1,224,224,3;mask:1,224',
  })
}

function readShapes(text: string): InputShape[] {
  if (text.trim() === '') return []
  try {
    return parseInputShapes(text)
  } catch (error) {
    throw error instanceof BadValue ? new BadFlagValue(`"${text}" ${error.message}`) : error
  }
}
