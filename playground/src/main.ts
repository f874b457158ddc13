import * as tf from '@tensorflow/tfjs'
import { type BackendName, useBackend } from './backend.js'
import { Classifier } from './classifier.js'
import { describeDifference, verdict } from './comparison.js'
import { gzipSize } from './gzip-size.js'
import { type Drawable, drawSquare, pixelsOf } from './picture.js'
import { listenForPictures } from './picture-input.js'
import { predictionTimes } from './prediction-times.js'
import { VariantCard } from './variant-card.js'
import { type Variant, type VariantName, variants } from './variants.js'

function element<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E
}

const seen = element<HTMLCanvasElement>('seen')
const largest = Math.max(...variants.map(({ asset }) => asset.bytes))
const cards = new Map(
  variants.map((variant) => [
    variant.name,
    new VariantCard(variant, largest, () =>
      enqueue(async () => {
        await loadVariant(variant)
        await classifyAll()
      }),
    ),
  ]),
)
const classifiers = new Map<VariantName, Classifier>()
/** What the models are to look at; null before the first picture. */
let pixels: Float32Array | null = null
/** What all the models that are loaded have looked at. */
let answered: Float32Array | null = null

/** One thing at a time: the models share a backend, and the times would mean nothing. */
let last: Promise<void> = Promise.resolve()
function enqueue(task: () => Promise<void>): void {
  last = last.then(task).catch((error: unknown) => say('picture-notice', messageOf(error)))
}

async function loadAll(wanted: BackendName): Promise<void> {
  for (const classifier of classifiers.values()) classifier.dispose()
  classifiers.clear()
  for (const card of cards.values()) {
    card.showProgress(0)
    card.clearTimes()
  }
  say('backend-notice', '')
  let backend: BackendName
  try {
    backend = await useBackend(wanted)
  } catch (error) {
    for (const card of cards.values()) card.showFailure('load', messageOf(error))
    return
  }
  if (backend !== wanted) {
    say('backend-notice', `The ${wanted} backend doesn’t start in this browser; the models run on ${backend}.`)
  }
  element('backends').querySelector<HTMLInputElement>(`[value=${backend}]`)!.checked = true
  for (const variant of variants) await loadVariant(variant)
}

async function loadVariant({ name, asset }: Variant): Promise<void> {
  const card = cards.get(name)!
  card.showProgress(0)
  answered = null
  try {
    const started = performance.now()
    const classifier = await Classifier.load(asset, (share) => card.showProgress(share))
    card.showLoaded(performance.now() - started)
    classifiers.set(name, classifier)
  } catch (error) {
    card.showFailure('load', messageOf(error))
    return
  }
  const bytes = await gzipSize(asset.url).catch(() => null)
  if (bytes !== null) card.showGzip(bytes)
}

/** Has every model that is there look at the picture; the first one's answer is what the others are compared with. */
async function classifyAll(): Promise<void> {
  const looked = pixels
  if (!looked || looked === answered) return
  /** Lets the browser paint; false when another picture came meanwhile, which then waits in the queue. */
  const pause = async (): Promise<boolean> => {
    await painted()
    return looked === pixels
  }
  const answers = new Map<VariantName, Float32Array>()
  for (const { name } of variants) {
    const classifier = classifiers.get(name)
    if (!classifier) continue
    if (!(await pause())) return
    const card = cards.get(name)!
    try {
      const answer = await classifier.classify(looked)
      answers.set(name, answer)
      const reference = answers.get(variants[0]!.name)
      card.showAnswer(answer, reference ? describeDifference(reference, answer) : 'deploy is missing')
    } catch (error) {
      classifier.dispose()
      classifiers.delete(name)
      card.showFailure('run', messageOf(error))
    }
  }
  if (answers.size === 0) return
  element('verdict').textContent = verdict(answers)
  answered = looked
  const times = await predictionTimes([...classifiers.values()], looked, pause)
  for (const [index, name] of [...classifiers.keys()].entries()) {
    if (times) cards.get(name)!.showTime(times[index]!)
  }
}

function showPicture(picture: Drawable, name: string): void {
  drawSquare(picture, seen)
  seen.ariaLabel = `${name}, as the models see it: the middle square, 128 by 128`
  seen.parentElement!.classList.add('filled')
  element('picture-title').textContent = name
  element('picture-text').textContent = 'Drop, choose or paste another one, or take a drawing:'
  pixels = pixelsOf(seen)
  say('picture-notice', '')
  for (const name of classifiers.keys()) cards.get(name)!.showPending()
  enqueue(classifyAll)
}

function say(place: 'backend-notice' | 'picture-notice', text: string): void {
  const line = element(place)
  line.textContent = text
  line.hidden = text === ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A prediction keeps the main thread: let the browser paint. (requestAnimationFrame would wait in a hidden tab.) */
function painted(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

element('variants').append(...[...cards.values()].map((card) => card.element))
element('tfjs-version').textContent = tf.version.tfjs
listenForPictures({ onPicture: showPicture, onError: (message) => say('picture-notice', message) })
element('backends').addEventListener('change', (event) => {
  const backend = (event.target as HTMLInputElement).value as BackendName
  enqueue(async () => {
    await loadAll(backend)
    await classifyAll()
  })
})
enqueue(() => loadAll('wasm'))
