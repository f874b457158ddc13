import { concatShapes } from './dimensions.js'
import { forOps, type ShapeFunctions } from './shape-function.js'

/** Random ops, whose first input is the shape of what they give. */
export const randomShapes: ShapeFunctions = {
  ...forOps('RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal', (c) => [c.shapeFrom(0)]),
  ...forOps('RandomGamma RandomPoisson RandomPoissonV2', (c) => [concatShapes(c.shapeFrom(0), c.shape(1))]),
  RandomShuffle: (c) => [c.shape(0)],
  Multinomial: (c) => [[c.shape(0)?.[0] ?? null, c.dim(1)]],
}
