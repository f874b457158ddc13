import { GraphdefError } from '../errors.js'
import { BadValue, bool, choice, float, int, type Option, type OptionsOf, optionalFloat } from './options.js'
import { quantizeConstants, roundConstants } from './quantize-graph-constants.js'
import { quantizeGraphLayers, type Range } from './quantize-graph-layers.js'
import { brokenMode, type QuantizeGraphMode, quantizeGraphModes } from './quantize-graph-modes.js'
import { defineTransform, type Transform } from './transform.js'

function modeOption(): Option<QuantizeGraphMode> {
  const modes = choice(quantizeGraphModes, {
    default: 'weights_rounded',
    help: 'rounds constants, stores them as bytes, or computes layers in eight bits',
  })
  return {
    ...modes,
    parse(texts) {
      const broken = texts.map(brokenMode).find((reason) => reason !== undefined)
      if (broken !== undefined) throw new BadValue(broken)
      return modes.parse(texts)
    },
  }
}

const options = {
  mode: modeOption(),
  bitdepth: int({ default: 8, minimum: 1, help: 'weights_rounded: bits that tell the values of a constant apart' }),
  strip_redundant_quantization: bool({ default: true, help: 'eightbit: leaves out floats between two layers' }),
  quantized_input: bool({ default: false, help: 'eightbit: inputs are fed as bytes' }),
  quantized_input_min: float({ default: 0, help: 'what the byte 0 of an input stands for' }),
  quantized_input_max: float({ default: 1, help: 'what the byte 255 of an input stands for' }),
  quantized_fallback_min: optionalFloat({
    help: 'eightbit: a smallest result for all layers, in place of one measured when they run',
  }),
  quantized_fallback_max: optionalFloat({ help: 'eightbit: a largest result for all layers' }),
}

/**
 * The Python tool quantize_graph. Mode weights_rounded rounds every float constant to 2^bitdepth values, weights stores
 * them as bytes, eightbit computes layers in eight bits.
 *
 *     w = Const{0, 0.3, 0.6, 1}   →   w = Const{0.25, 0.25, 0.75, 0.75}      with bitdepth=1
 */
export const quantizeGraph: Transform = defineTransform({
  name: 'quantize_graph',
  summary: 'rounds or quantizes float constants, or computes layers in eight bits (the Python tool of that name)',
  fidelity: 'lossy',
  idempotent: false,
  options,
  differences: [
    {
      test: 'quantize_graph has the modes that worked',
      historical:
        'modes round (the default), quantize and test give a graph that TensorFlow does not load, an error or an empty graph, and so does a part of the name of a mode',
      here: 'an error when the chain is read; weights_rounded is the default',
    },
    {
      test: 'not-finite',
      historical: 'one NaN makes the whole constant NaN, infinity likewise',
      here: 'such a constant stays, with a reason',
    },
    {
      test: 'no-elements',
      historical: 'fails on a constant without elements',
      here: 'it stays',
    },
    {
      test: 'keeps-what-it-does-not-change',
      historical: 'drops device, control inputs and further attributes of the constant, and the versions of the graph',
      here: 'they stay',
    },
    {
      test: 'weights-small-range',
      historical:
        'the bytes of small or all-negative constants are of another range than the one that is stored, so that they come back wrong',
      here: 'they are of the stored range, which always holds 0',
    },
    {
      test: 'weights-splat',
      historical:
        'writes every element of a constant that is stored as one repeated value, and makes NaN of one so small that float32 has no step for it',
      here: 'it stays, with a reason',
    },
    {
      test: 'eightbit-integers',
      historical: 'fails at a layer of integers with a constant, or makes floats of it',
      here: 'only float32 layers are replaced',
    },
    {
      test: 'eightbit-control-inputs',
      historical: 'quantizes control inputs as if they were data, and the graph no longer loads',
      here: 'they stay control inputs of the layer',
    },
    {
      test: 'eightbit-same-tensor-twice',
      historical: 'gives two nodes one name where a layer reads one tensor twice, and the graph no longer loads',
      here: 'the tensor is quantized once',
    },
    {
      test: 'eightbit-obstacles',
      historical: 'drops data_format, dilations and explicit paddings, and computes something else',
      here: 'what the eight-bit ops do not compute stays, with a reason',
    },
    {
      test: 'eightbit-fake-quant-bytes',
      historical: 'gives the bytes of a Relu or pool the range of a FakeQuant behind it without computing them anew',
      here: 'the FakeQuant stays, with a reason',
    },
    {
      test: 'eightbit-fake-quant-stays',
      historical: 'fails where what a FakeQuant rounds is read elsewhere too, or is no layer in eight bits',
      here: 'the FakeQuant stays, with a reason',
    },
    {
      test: 'eightbit-later-port',
      historical: 'reads the first output of a node where a quantized tensor is a later one',
      here: 'the right output',
    },
    {
      test: 'eightbit-loop',
      historical: 'puts the constants of a layer in a loop outside of it, and the graph fails',
      here: 'they wait for what the layer reads',
    },
    {
      test: 'eightbit-placeholder-dtypes',
      historical: 'makes bytes of every placeholder, also of those of integers',
      here: 'only of those of float32; the others stay, with a reason',
    },
    {
      test: 'eightbit-measured-before',
      historical: 'quantizes what measures a range in a graph that is quantized already',
      here: 'that stays',
    },
    {
      test: 'eightbit-name-taken',
      historical: 'two nodes have one name where a name of its own is taken',
      here: 'the new node gets a free name',
    },
  ],
  run(graph, given, context) {
    const { mode, bitdepth } = given
    const inputRange = inputRangeOf(given)
    const fallback = fallbackOf(given)
    if (mode !== 'eightbit' && (inputRange || fallback)) {
      throw new GraphdefError('bad-option', {
        what: `${inputRange ? 'quantized_input' : 'quantized_fallback_min'} is given, and mode ${mode} quantizes no results`,
        remedy: 'Give mode=eightbit, or leave the range out.',
      })
    }
    if (mode === 'weights_rounded') roundConstants(graph, bitdepth, context.report)
    else if (mode === 'weights') quantizeConstants(graph, 'MIN_COMBINED', context.report)
    else {
      const stripRedundant = given.strip_redundant_quantization
      quantizeGraphLayers(graph, { inputRange, fallback, stripRedundant }, context)
    }
  },
})

type Given = OptionsOf<typeof options>

function inputRangeOf({ quantized_input, quantized_input_min: min, quantized_input_max: max }: Given) {
  return quantized_input ? checkedRange('quantized_input', min, max) : undefined
}

function fallbackOf({ quantized_fallback_min: min, quantized_fallback_max: max }: Given): Range | undefined {
  if (min === undefined && max === undefined) return undefined
  if (min === undefined || max === undefined) {
    const [there, lacking] = min === undefined ? ['max', 'min'] : ['min', 'max']
    throw new GraphdefError('bad-option', {
      what: `quantized_fallback_${there} is given without quantized_fallback_${lacking}`,
      remedy: 'Give both ends of the range: quantized_fallback_min=0, quantized_fallback_max=6.',
    })
  }
  const range = checkedRange('quantized_fallback', min, max)
  if (range[0] <= 0 && range[1] >= 0) return range
  throw new GraphdefError('bad-option', {
    what: `the fallback range from ${min} to ${max} does not hold 0`,
    remedy: 'Give a quantized_fallback_min of 0 or less and a quantized_fallback_max of 0 or more.',
  })
}

function checkedRange(name: string, min: number, max: number): Range {
  const range: Range = [Math.fround(min), Math.fround(max)]
  if (range[0] < range[1] && range.every(Number.isFinite)) return range
  throw new GraphdefError('bad-option', {
    what: `the range from ${name}_min=${min} to ${name}_max=${max} is empty or not finite`,
    remedy: `Give a ${name}_max that is larger than ${name}_min.`,
  })
}
