import type { Shape } from '../../graph/shape.js'
import { type Dim, ShapeMismatch, unknownOfRank, withRank } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** Fourier transforms of real signals over the last axes, whose lengths are an input; half of the last is left out. */
function realFourier(c: ShapeContext, rank: number, isInverse: boolean): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null]
  if (input.length < rank) throw new ShapeMismatch(`a transform over ${rank} axes of rank ${input.length}`)
  const lengths = c.ints(1)
  const sizes = lengths?.map((length, axis): Dim => {
    if (length < 0) return null
    return !isInverse && axis === rank - 1 && length !== 0 ? Math.trunc(length / 2) + 1 : length
  })
  return [[...input.slice(0, input.length - rank), ...(sizes ?? unknownOfRank(rank))]]
}

/** [samples, channels] to [channels, windows, frequencies]. */
function spectrogram(c: ShapeContext): Shape[] {
  const [samples, channels] = withRank(c.shape(0), 2) as [Dim, Dim]
  const window = c.intAttr('window_size')!
  const stride = c.intAttr('stride')!
  const windows = samples === null ? null : samples < window ? 0 : 1 + Math.trunc((samples - window) / stride)
  const frequencies = 2 ** Math.ceil(Math.log2(window)) / 2 + 1
  return [[channels, windows, Math.trunc(frequencies)]]
}

function mfcc(c: ShapeContext): Shape[] {
  const [channels, windows] = withRank(c.shape(0), 3) as [Dim, Dim, Dim]
  const count = c.intAttr('dct_coefficient_count') ?? -1
  return [[channels, windows, count < 0 ? null : count]]
}

function decodeWav(c: ShapeContext): Shape[] {
  const wanted = (attr: string): Dim => {
    const value = c.intAttr(attr) ?? -1
    return value < 0 ? null : value
  }
  return [[wanted('desired_samples'), wanted('desired_channels')], []]
}

/** The best paths, each a sparse tensor of its own, and how likely they are. */
function beamSearch(c: ShapeContext): Shape[] {
  const batch = withRank(c.shape(0), 3)[1]!
  const paths = c.intAttr('top_paths')!
  const each = (shape: Shape): Shape[] => new Array<Shape>(paths).fill(shape)
  return [...each([null, 2]), ...each([null]), ...each([2]), [c.shape(1)?.[0] ?? batch, paths]]
}

function greedy(c: ShapeContext): Shape[] {
  const batch = withRank(c.shape(0), 3)[1]!
  return [[null, 2], [null], [2], [c.shape(1)?.[0] ?? batch, 1]]
}

/** Sound and other signals: Fourier transforms, spectra, and what decodes speech. */
export const signalShapes: ShapeFunctions = {
  ...forOps('FFT FFT2D FFT3D IFFT IFFT2D IFFT3D', (c) => [c.shape(0)]),
  RFFT: (c) => realFourier(c, 1, false),
  RFFT2D: (c) => realFourier(c, 2, false),
  RFFT3D: (c) => realFourier(c, 3, false),
  IRFFT: (c) => realFourier(c, 1, true),
  IRFFT2D: (c) => realFourier(c, 2, true),
  IRFFT3D: (c) => realFourier(c, 3, true),
  AudioSpectrogram: spectrogram,
  Mfcc: mfcc,
  DecodeWav: decodeWav,
  EncodeWav: () => [[]],
  CTCBeamSearchDecoder: beamSearch,
  CTCGreedyDecoder: greedy,
}
