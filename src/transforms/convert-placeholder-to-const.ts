import { didYouMean, GraphdefError } from '../errors.js'
import { bindPlaceholder, isPlaceholder } from './bind-placeholder.js'
import { type Feed, parseFeeds } from './feed-text.js'
import { BadValue, type Option, strings } from './options.js'
import { cannotTransform, defineTransform, type Transform } from './transform.js'

/** What is bound without being asked: Keras's switch between training and inference. */
const always: readonly Feed[] = [{ name: 'keras_learning_phase', value: { kind: 'bool', value: false } }]

const texts = strings({ help: 'a part of the names of placeholders, and their value: phase_train=false' })

const options = {
  nodes_to_convert: {
    ...texts,
    parse(given) {
      for (const text of given) parseFeeds(text)
      return texts.parse(given)
    },
  } satisfies Option<readonly string[]>,
}

/**
 * Puts constants in the place of placeholders, so that what hangs on them can be folded: Keras's learning phase is false, and
 * others are what they are said to be. The `convert_placeholder_to_const` of TensorFlow 2's optimize_for_inference.
 *
 *     bn/keras_learning_phase = PlaceholderWithDefault(d)   →   bn/keras_learning_phase = Const[value=false]()
 */
export const convertPlaceholderToConst: Transform = defineTransform({
  name: 'convert_placeholder_to_const',
  summary: "puts constants in the place of placeholders: of Keras's learning phase, and of others by name",
  fidelity: 'exact',
  // A second run finds no placeholder of the name, which is an error.
  idempotent: false,
  options,
  differences: [
    {
      test: 'numbers',
      historical: 'converts placeholders of bool only',
      here: 'converts those of other dtypes as well',
    },
    {
      test: 'input-stays',
      historical: 'converts what is listed as an input too',
      here: 'it stays, with a reason',
    },
    {
      test: 'unknown-name',
      historical: 'says nothing where no placeholder has such a name',
      here: 'an error',
    },
    {
      test: 'no-truth-value',
      historical: 'takes what is neither true nor false for false',
      here: 'an error',
    },
    {
      test: 'default-goes',
      historical: 'keeps what computed a default, though nobody reads it',
      here: 'it goes',
    },
  ],
  run(graph, { nodes_to_convert }, { isPinned, inputs, report }) {
    const feeds = nodes_to_convert.flatMap(parseFeeds)
    const placeholders = graph.nodes.filter(isPlaceholder)
    for (const { name } of feeds) {
      if (placeholders.some((node) => node.name.includes(name))) continue
      const hint = didYouMean(
        name,
        placeholders.map((node) => node.name),
      )
      const what = `no placeholder has "${name}" in its name`
      throw new GraphdefError('unknown-input', { what, remedy: hint })
    }
    for (const node of placeholders) {
      const feed = [...always, ...feeds].find(({ name }) => node.name.includes(name))
      if (!feed || graph.get(node.name) !== node) continue
      if (inputs.some((input) => input.node === node.name)) {
        report.skip(node, 'it is an input of the graph')
        continue
      }
      try {
        const gone = bindPlaceholder(graph, node, feed.value, isPinned)
        report.change(graph.get(node.name)!)
        for (const each of gone) report.remove(each)
      } catch (error) {
        if (!(error instanceof BadValue)) throw error
        if (always.includes(feed)) report.skip(node, error.message)
        else throw cannotTransform(node, `the placeholder cannot be converted: ${error.message}`)
      }
    }
  },
})
