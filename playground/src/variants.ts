import deploy from '../models/mobilenet_v1_0.25_128_frozen.pb?optimize=deploy'
import memmapped from '../models/mobilenet_v1_0.25_128_frozen.pb?optimize=deploy&format=memmapped'
import eightBit from '../models/mobilenet_v1_0.25_128_frozen.pb?optimize=eight_bit'

/** The model as every one of the imports gives it: the same input and output, other bytes behind the URL. */
export type MobileNet = typeof deploy

export type VariantName = 'deploy' | 'eight_bit' | 'memmapped'

export interface Variant {
  readonly name: VariantName
  /** The import's query. */
  readonly request: string
  readonly badge: string
  readonly summary: string
  readonly asset: MobileNet
}

/** The three imports of the one file. The first is what the others are compared with. */
export const variants: readonly Variant[] = [
  {
    name: 'deploy',
    request: '?optimize=deploy',
    badge: 'within rounding',
    summary: 'Constants and batch norms folded, training leftovers gone.',
    asset: deploy,
  },
  {
    name: 'eight_bit',
    request: '?optimize=eight_bit',
    badge: 'lossy',
    summary: 'The same, and large weights kept as one byte each.',
    asset: eightBit,
  },
  {
    name: 'memmapped',
    request: '?optimize=deploy&format=memmapped',
    badge: 'within rounding',
    summary: 'As deploy, in a package whose weights can be mapped into memory.',
    asset: memmapped,
  },
]
