import { test } from 'vitest'
import { transforms } from '../../src/transforms/registry.js'
import { growthExponent, layeredModel, secondsOf } from './growth.js'

const sizes = [1_000, 3_000, 10_000, 30_000, 100_000]

/** Parameters of transforms that do nothing, or nothing of use, without. */
const parameters: Readonly<Record<string, string>> = {
  remove_nodes: '(op=Identity)',
  remove_attribute: '(attribute_name=data_format)',
  rename_attribute: '(old_attribute_name=strides, new_attribute_name=steps)',
  rename_op: '(old_op_name=Relu, new_op_name=Relu6)',
  rename_node: '(old_node_name="layer_1/Relu", new_node_name=renamed)',
  set_device: '(device="/cpu:0")',
  insert_logging: '(op=Relu)',
  freeze_requantization_ranges: '(min_max_log_file=ranges.log)',
}

test('how time grows from 1,000 to 100,000 nodes', { timeout: 3_600_000 }, async () => {
  const models = sizes.map(layeredModel)
  const row = (name: string, cells: readonly string[]): string =>
    [name.padEnd(30), ...cells.map((cell) => cell.padStart(10))].join('')
  // Line by line: all of them take a while.
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  print(row('milliseconds', [...sizes.map(String), 'exponent']))
  for (const chain of ['deploy', ...transforms.map(({ name }) => `${name}${parameters[name] ?? ''}`)]) {
    try {
      const times: number[] = []
      for (const [index, model] of models.entries()) {
        times.push(await secondsOf(model, chain, { times: Math.ceil(sizes.at(-1)! / sizes[index]!), measurements: 3 }))
      }
      const cells = times.map((time) => (time * 1000).toFixed(0))
      print(row(chain.split('(')[0]!, [...cells, growthExponent(sizes, times).toFixed(2)]))
    } catch (error) {
      print(row(chain, [`  not measured: ${(error as Error).message.split('\n')[0]}`]))
    }
  }
})
