import { parseChain, printChain } from '../chain/parse.js'
import { presets } from '../transforms/presets.js'
import { transforms } from '../transforms/registry.js'
import type { Difference, Fidelity } from '../transforms/transform.js'

export interface OptionDescription {
  name: string
  kind: string
  help: string
  required: boolean
  repeatable: boolean
  /** As it would be written; undefined where there is none. */
  default: string | undefined
}

export interface TransformDescription {
  name: string
  summary: string
  fidelity: Fidelity
  options: OptionDescription[]
  /** Where it does something else than the historical tool. */
  differences: Pick<Difference, 'historical' | 'here'>[]
}

export interface PresetDescription {
  name: string
  /** The steps it stands for, as canonical text. */
  chain: string[]
}

/** Every transform as its declaration has it, by name. */
export function describeTransforms(): TransformDescription[] {
  return transforms
    .map(({ name, summary, fidelity, options, differences }) => ({
      name,
      summary,
      fidelity,
      options: Object.entries(options).map(([option, { kind, help, required, repeatable, defaultText }]) => ({
        name: option,
        kind,
        help,
        required,
        repeatable,
        default: defaultText,
      })),
      differences: differences.map(({ historical, here }) => ({ historical, here })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The shipped presets in their order, each with the steps it stands for. */
export function describePresets(): PresetDescription[] {
  return Object.keys(presets).map((name) => ({ name, chain: printChain(parseChain(name)) }))
}
