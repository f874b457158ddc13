import { expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'

test('quantize_graph has the modes that worked', () => {
  expect(() => parseChain('quantize_graph(mode=round)')).toThrow(
    'the parameter mode of quantize_graph is wrong: mode "round" gave graphs with an op RoundToSteps, which TensorFlow does ' +
      'not have; there are weights_rounded, weights, eightbit',
  )
  expect(() => parseChain('quantize_graph(mode=quantize)')).toThrow('mode "quantize" never got beyond the first node')
  expect(() => parseChain('quantize_graph(mode=test)')).toThrow('mode "test" wrote an empty graph')
  expect(() => parseChain('quantize_graph(mode=weight)')).toThrow(
    '"weight" is not weights_rounded or weights or eightbit',
  )
  expect(parseChain('quantize_graph')[0]!.options.mode).toBe('weights_rounded')
})
