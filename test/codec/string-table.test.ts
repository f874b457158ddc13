import { describe, expect, it } from 'vitest'
import { StringTable } from '../../src/codec/string-table.js'

const utf8 = new TextEncoder()

/** Gives the texts that lie one after the other in memory, by their place in the list. */
function inMemory(texts: readonly string[]): (index: number) => string | undefined {
  // Not at the memory's beginning, as a view of a file may lie anywhere.
  const bytes = new Uint8Array(utf8.encode(`ahead${texts.join('')}`).buffer, 5)
  const ends = [0]
  for (const text of texts) ends.push(ends.at(-1)! + utf8.encode(text).length)
  const table = new StringTable(bytes.buffer)
  return (index) => table.at(bytes, ends[index]!, ends[index + 1]!)
}

describe('a table of strings', () => {
  it('gives each text, however many there are', () => {
    const texts = Array.from({ length: 5000 }, (_, index) => `layer_${index * 7}/weights/read`)
    const at = inMemory([...texts, ...texts])
    expect(texts.map((_, index) => at(index))).toEqual(texts)
    expect(texts.map((_, index) => at(texts.length + index))).toEqual(texts)
  })

  it('tells texts apart of which one begins the other, and the empty one', () => {
    const texts = ['', 'a', 'ab', 'abc', 'ab', 'b', '']
    const at = inMemory(texts)
    expect(texts.map((_, index) => at(index))).toEqual(texts)
  })

  it('has no text that is not ASCII', () => {
    const at = inMemory(['plain', 'größe', 'plain'])
    expect([at(0), at(1), at(2)]).toEqual(['plain', undefined, 'plain'])
  })
})
