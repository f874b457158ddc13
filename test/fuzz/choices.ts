import fc from 'fast-check'

/**
 * Reads decisions off a list of numbers, so that a generator can be written as plain code and fast-check still makes its
 * cases smaller: fewer and smaller numbers are simpler decisions, and a list that has ended says 0 for ever.
 */
export class Choices {
  readonly #numbers: readonly number[]
  #at = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  /** An integer from 0 to below `count`; 0 is the simplest. */
  below(count: number): number {
    const number = this.#numbers[this.#at++] ?? 0
    return number % count
  }

  /** An integer of a range, its ends included; the first is the simplest. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1)
  }

  /** True once in so many times; false is the simpler. */
  once(times: number): boolean {
    return this.below(times) === times - 1
  }

  /** One of several; the first is the simplest. */
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** One of those that were made last; the newest is the simplest. */
  latest<T>(items: readonly T[]): T {
    return items[items.length - 1 - this.below(items.length)]!
  }

  /** The items in another order; the given one is the simplest. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items]
    return items.map(() => left.splice(this.below(left.length), 1)[0]!)
  }
}

const numbers: fc.Arbitrary<number> = fc.noBias(fc.nat({ max: 0xffff }))

/** The decisions of one place of a case: up to so many. */
export function choices(most: number): fc.Arbitrary<number[]> {
  return fc.array(numbers, { maxLength: most, size: 'max' })
}
