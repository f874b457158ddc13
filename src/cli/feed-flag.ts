import { type Feed, parseFeeds } from '../transforms/feed-text.js'
import { BadValue } from '../transforms/options.js'
import { BadFlagValue, custom, type Flag } from './flags.js'

/** `--feed=is_training:false,keep_prob:1`: placeholders and the constants that they are bound to. */
export function feeds(help: string): Flag<readonly Feed[] | undefined> {
  return custom('NAME:VALUE,...', readFeeds, { help })
}

/** The same as TensorFlow 2 has it, `phase_train=False`: every placeholder is meant whose name contains the given one. */
export function feedsByPart(help: string): Flag<readonly Feed[] | undefined> {
  const read = (text: string): Feed[] => readFeeds(text).map(({ name, value }) => ({ name: `*${name}*`, value }))
  return custom('NAME=VALUE,...', read, { help })
}

function readFeeds(text: string): Feed[] {
  if (text.trim() === '') return []
  try {
    return parseFeeds(text)
  } catch (error) {
    throw error instanceof BadValue ? new BadFlagValue(`"${text}" ${error.message}`) : error
  }
}
