/** The modes of the Python tool quantize_graph that worked. */
export const quantizeGraphModes = ['weights_rounded', 'weights', 'eightbit'] as const
export type QuantizeGraphMode = (typeof quantizeGraphModes)[number]

/** Those that gave no graph which can be used. */
const brokenModes: Readonly<Record<string, string>> = {
  round: 'mode "round" gave graphs with an op RoundToSteps, which TensorFlow does not have',
  quantize: 'mode "quantize" never got beyond the first node',
  test: 'mode "test" wrote an empty graph',
}

/** Why a mode of the Python tool is not among these; undefined where it is, and where the tool had no such mode. */
export function brokenMode(text: string): string | undefined {
  if (!Object.hasOwn(brokenModes, text)) return undefined
  return `${brokenModes[text]}; there are ${quantizeGraphModes.join(', ')}`
}
