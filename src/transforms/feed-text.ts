import { BadValue } from './options.js'
import { type Literal, parseLiteral, printLiteral } from './placeholder-value.js'

/** A placeholder and the constant that it is bound to before anything else is done. */
export interface Feed {
  /** The placeholder's name; `*` stands for any text, and then every placeholder that fits is bound. */
  readonly name: string
  readonly value: Literal
}

/**
 * Reads `is_training:false,keep_prob:1,sizes:[1,2],label:"a text"`; `name=value` as well, and a port 0 behind the name.
 * @throws BadValue
 */
export function parseFeeds(text: string): Feed[] {
  const feeds = splitFeeds(text).map((item): Feed => {
    const found = /^\s*([^:=\s]+?)(?::0(?=\s*[:=]))?\s*[:=](.*)$/s.exec(item)
    if (!found) {
      const what = item.trim() === '' ? 'an empty item' : `"${item.trim()}" without a value`
      throw new BadValue(`has ${what}; write name:value, as is_training:false,keep_prob:1`)
    }
    try {
      return { name: found[1]!, value: parseLiteral(found[2]!) }
    } catch (error) {
      throw error instanceof BadValue ? new BadValue(`binds ${found[1]} to no value: ${error.message}`) : error
    }
  })
  for (const [index, { name }] of feeds.entries()) {
    if (feeds.findIndex((feed) => feed.name === name) < index) throw new BadValue(`binds ${name} twice`)
  }
  return feeds
}

/** The items between commas that stand in no list and no quotes. */
function splitFeeds(text: string): string[] {
  const items: string[] = []
  let start = 0
  let depth = 0
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (quote) {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '[') depth++
    else if (character === ']') depth--
    else if (character === ',' && depth === 0) {
      items.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...items, text.slice(start)]
}

/** The same text for the same feeds, whatever their order. */
export function printFeeds(feeds: readonly Feed[]): string {
  return feeds
    .map(({ name, value }) => `${name}:${printLiteral(value)}`)
    .sort()
    .join(',')
}
