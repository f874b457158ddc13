import { didYouMean, GraphdefError } from '../errors.js'
import { BadValue, type OptionsOf, type Schema } from '../transforms/options.js'
import { defaultPreset, type Presets, presets as shippedPresets } from '../transforms/presets.js'
import { findTransform, transforms } from '../transforms/registry.js'
import type { Transform } from '../transforms/transform.js'
import { type Item, readItems } from './items.js'

/** One transform of a chain with its parameters, checked. */
export interface Step {
  readonly transform: Transform
  readonly options: OptionsOf<Schema>
  /** Whether a failure leaves the graph as it was and goes on (`ignore_errors=true`). */
  readonly ignoreErrors: boolean
}

export interface ChainOptions {
  /** Presets of the user's configuration; they add to the shipped ones and replace those of the same name. */
  presets?: Presets
  /** The chain of an empty text. */
  defaultPreset?: string
}

/**
 * Reads a chain: the text that the Graph Transform Tool took for `--transforms`, or a list of presets and transforms
 * separated by commas, `+`, `;`, spaces or line breaks, in which `-name` takes a step out.
 * @throws GraphdefError `chain-syntax`, `unknown-transform`, `unknown-option`, `bad-option`
 */
export function parseChain(source: string | readonly string[], options: ChainOptions = {}): Step[] {
  const presets = { ...shippedPresets, ...options.presets }
  const texts = typeof source === 'string' ? [source] : source
  const asked = texts.join('').trim() === '' ? [options.defaultPreset ?? defaultPreset] : texts
  return expand(asked, presets, [])
}

/** The steps of several texts; `within` are the presets being expanded, which must not name each other in a circle. */
function expand(texts: readonly string[], presets: Presets, within: readonly string[]): Step[] {
  let steps: Step[] = []
  for (const text of texts) {
    for (const item of readItems(text)) {
      if (item.minus) steps = without(steps, item, text, presets)
      else if (Object.hasOwn(presets, item.name) && item.parameters === undefined) {
        steps.push(...expandPreset(item, text, presets, within))
      } else steps.push(stepOf(item, text, presets))
    }
  }
  return steps
}

function expandPreset(item: Item, text: string, presets: Presets, within: readonly string[]): Step[] {
  if (within.includes(item.name)) {
    throw new GraphdefError('chain-syntax', {
      what: `the preset "${item.name}" contains itself: ${[...within, item.name].join(' → ')}`,
      position: { text, offset: item.offset },
      remedy: 'Take the circle out of the presets in the configuration.',
    })
  }
  return expand(presets[item.name]!, presets, [...within, item.name])
}

function without(steps: Step[], item: Item, text: string, presets: Presets): Step[] {
  const kept = steps.filter((step) => step.transform.name !== item.name)
  if (kept.length < steps.length) return kept
  if (!findTransform(item.name) && !Object.hasOwn(presets, item.name)) throw unknownTransform(item, text, presets)
  const there = [...new Set(steps.map((step) => step.transform.name))]
  throw new GraphdefError('chain-syntax', {
    what: `"-${item.name}" takes out a step that is not there`,
    position: { text, offset: item.offset },
    remedy: there.length ? `Before it stand: ${there.join(', ')}.` : 'Nothing stands before it.',
  })
}

function stepOf(item: Item, text: string, presets: Presets): Step {
  const transform = findTransform(item.name)
  if (!transform) throw unknownTransform(item, text, presets)
  const given = new Map<string, string[]>()
  let ignoreErrors = false
  for (const parameter of item.parameters ?? []) {
    if (parameter.name === 'ignore_errors') {
      ignoreErrors = readIgnoreErrors(parameter.value, item, text, parameter.offset)
      continue
    }
    if (!Object.hasOwn(transform.options, parameter.name)) {
      const known = [...Object.keys(transform.options), 'ignore_errors']
      throw new GraphdefError('unknown-option', {
        what: `${transform.name} has no parameter "${parameter.name}"`,
        position: { text, offset: parameter.offset },
        transform: transform.name,
        remedy: [didYouMean(parameter.name, known), `Its parameters are: ${known.join(', ')}.`]
          .filter(Boolean)
          .join('\n'),
      })
    }
    const values = given.get(parameter.name)
    if (values) values.push(parameter.value)
    else given.set(parameter.name, [parameter.value])
  }
  const options: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(transform.options)) {
    try {
      options[name] = option.parse(given.get(name) ?? [])
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      const place = item.parameters?.find((parameter) => parameter.name === name)
      throw new GraphdefError('bad-option', {
        what: `the parameter ${name} of ${transform.name} ${given.has(name) ? 'is wrong: ' : ''}${error.message}`,
        position: { text, offset: place?.offset ?? item.offset },
        transform: transform.name,
        remedy: `${name}: ${option.help} (${option.kind}${option.defaultText ? `, by default ${option.defaultText}` : ''}).`,
      })
    }
  }
  return { transform, options, ignoreErrors }
}

function readIgnoreErrors(value: string, item: Item, text: string, offset: number): boolean {
  const word = value.toLowerCase()
  if (word === 'true' || word === 'false') return word === 'true'
  throw new GraphdefError('bad-option', {
    what: `ignore_errors should be true or false, found "${value}"`,
    position: { text, offset },
    transform: item.name,
  })
}

function unknownTransform(item: Item, text: string, presets: Presets): GraphdefError {
  const known = [...transforms.map((transform) => transform.name), ...Object.keys(presets)]
  const hint = didYouMean(item.name, known)
  return new GraphdefError('unknown-transform', {
    what: `there is no transform or preset "${item.name}"`,
    position: { text, offset: item.offset },
    remedy: [
      hint,
      `Presets: ${Object.keys(presets).join(', ')}.`,
      `Transforms: ${transforms.map((transform) => transform.name).join(', ')}.`,
    ]
      .filter(Boolean)
      .join('\n'),
  })
}

/** The chain as canonical text, a step each: parameters in their declared order, defaults left out. */
export function printChain(steps: readonly Step[]): string[] {
  return steps.map(printStep)
}

export function printStep({ transform, options, ignoreErrors }: Step): string {
  const written: string[] = []
  for (const [name, option] of Object.entries(transform.options)) {
    for (const text of option.print(options[name])) written.push(`${name}=${quoted(text)}`)
  }
  if (ignoreErrors) written.push('ignore_errors=true')
  return written.length ? `${transform.name}(${written.join(', ')})` : transform.name
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
