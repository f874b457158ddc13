import { presets } from '../transforms/presets.js'
import { brokenMode, type QuantizeGraphMode, quantizeGraphModes } from '../transforms/quantize-graph-modes.js'
import { type Command, defineCommand } from './command.js'
import { feeds } from './feed-flag.js'
import { BadFlagValue, choice, custom, type Flag, integer, names, onOff, requiredPath } from './flags.js'
import { inputShapes } from './input-shape-flag.js'

/** The preset that does what a mode of the Python script did. */
const presetOf: Readonly<Record<QuantizeGraphMode, string>> = {
  weights_rounded: 'weights_rounded',
  weights: 'weights_eightbit',
  eightbit: 'eightbit',
}

/** The Python script of this name. */
export const quantizeGraph: Command = defineCommand({
  name: 'quantize_graph',
  summary: 'rounds or quantizes weights, or computes layers in eight bits',
  examples: [
    'graphdef quantize_graph --input=frozen.pb --output=rounded.pb --output_node_names=softmax --mode=weights_rounded',
    'graphdef quantize_graph --input=frozen.pb --output=eightbit.pb --output_node_names=softmax --mode=eightbit',
  ],
  flags: {
    input: requiredPath({ help: 'the model to read; whether it is binary or text is told from the file' }),
    output: requiredPath({ help: 'where the result goes' }),
    output_node_names: names({ help: 'the tensors that are asked for; found where not given' }),
    input_names: names({ help: 'the tensors that are fed; found where not given' }),
    mode: modeFlag(),
    bitdepth: integer({
      default: 8,
      minimum: 1,
      help: 'weights_rounded: bits that tell the values of a constant apart',
    }),
    strip_redundant_quantization: onOff({ default: true, help: 'eightbit: leaves out floats between two layers' }),
    quantized_input: onOff({ default: false, help: 'eightbit: inputs are fed as bytes' }),
    quantized_input_min: number('what the byte 0 of an input stands for; by default 0'),
    quantized_input_max: number('what the byte 255 of an input stands for; by default 1'),
    quantized_fallback_min: number(
      'eightbit: a smallest result for all layers, in place of one measured when they run',
    ),
    quantized_fallback_max: number('eightbit: a largest result for all layers'),
    feed: feeds('placeholders that become constants before anything else is done: is_training:false,keep_prob:1'),
    input_shape: inputShapes(),
    output_as_text: onOff({ default: false, help: "writes protobuf's text format" }),
    verbose: onOff({ default: false, help: 'says what each transform did' }),
    test_input_dims: custom('SHAPE', (text) => text, { help: 'of the historical script, which made no use of it' }),
    print_nodes: onOff({ default: false, help: 'the same; "graphdef summarize_graph" tells the nodes' }),
    logtostderr: onOff({ default: false, help: 'the same' }),
  },
  async run(flags, _operands, terminal) {
    const [{ parseChain }, { optimizeFile }] = await Promise.all([
      import('../chain/parse.js'),
      import('./optimize-file.js'),
    ])
    const name = presetOf[flags.mode]
    const step = `quantize_graph(${parameters(flags).join(', ')})`
    const chain = presets[name]!.map((text) => (text.startsWith('quantize_graph') ? step : text))
    await optimizeFile(
      {
        source: flags.input,
        target: flags.output,
        request: {
          chain: parseChain(chain),
          inputs: flags.input_names,
          outputs: flags.output_node_names,
          feeds: flags.feed,
          shapes: flags.input_shape,
          format: 'graphdef',
          inline: false,
        },
        asText: flags.output_as_text,
        name,
        verbose: flags.verbose,
      },
      terminal,
    )
  },
})

interface TransformFlags {
  mode: QuantizeGraphMode
  bitdepth: number
  strip_redundant_quantization: boolean
  quantized_input: boolean
  quantized_input_min: number | undefined
  quantized_input_max: number | undefined
  quantized_fallback_min: number | undefined
  quantized_fallback_max: number | undefined
}

/** The flags as parameters of the transform, which has the same names. */
function parameters(flags: TransformFlags): string[] {
  const given: TransformFlags = {
    mode: flags.mode,
    bitdepth: flags.bitdepth,
    strip_redundant_quantization: flags.strip_redundant_quantization,
    quantized_input: flags.quantized_input,
    quantized_input_min: flags.quantized_input_min,
    quantized_input_max: flags.quantized_input_max,
    quantized_fallback_min: flags.quantized_fallback_min,
    quantized_fallback_max: flags.quantized_fallback_max,
  }
  const pairs = Object.entries(given).filter(([, value]) => value !== undefined)
  return pairs.map(([name, value]) => `${name}="${value}"`)
}

/** Modes that gave nothing of use are told apart from those that never were. */
function modeFlag(): Flag<QuantizeGraphMode> {
  const flag = choice(quantizeGraphModes, {
    default: 'weights_rounded',
    help: 'rounds constants, stores them as bytes, or computes layers in eight bits',
  })
  return {
    ...flag,
    read(text) {
      const broken = brokenMode(text)
      if (broken !== undefined) throw new BadFlagValue(broken)
      return flag.read(text)
    },
  }
}

function number(help: string): Flag<number | undefined> {
  return custom(
    'NUMBER',
    (text) => {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      if (!Number.isFinite(value)) throw new BadFlagValue(`"${text}" is not a number`)
      return value
    },
    { help },
  )
}
