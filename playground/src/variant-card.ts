import prettyBytes from 'pretty-bytes'
import { classNames, likeliest, shortName } from './class-names.js'
import type { Variant } from './variants.js'

type Part =
  | 'name'
  | 'badge'
  | 'summary'
  | 'request'
  | 'bytes'
  | 'bytes-bar'
  | 'gzip'
  | 'gzip-bar'
  | 'loading'
  | 'loading-text'
  | 'progress'
  | 'failed'
  | 'failed-title'
  | 'failed-text'
  | 'retry'
  | 'empty'
  | 'classes'
  | 'load-time'
  | 'time'
  | 'difference'

/** What fills the middle of a card. */
type Body = 'loading' | 'failed' | 'empty' | 'classes'

/** The column of one variant. */
export class VariantCard {
  readonly element: HTMLElement
  readonly #largest: number

  /** @param largest the bytes of the largest asset: a full bar */
  constructor({ name, badge, summary, request, asset }: Variant, largest: number, onRetry: () => void) {
    const template = document.querySelector<HTMLTemplateElement>('#variant-card')!
    this.element = (template.content.cloneNode(true) as DocumentFragment).querySelector<HTMLElement>('.card')!
    this.element.dataset.variant = name
    this.#largest = largest
    this.#write('name', name)
    this.#write('badge', badge)
    this.#part('badge').dataset.kind = badge
    this.#write('summary', summary)
    this.#part('request').replaceChildren(...request.split(/(?=&)/).map((key) => span('request-key', key)))
    this.#write('bytes', prettyBytes(asset.bytes))
    this.#fill('bytes-bar', asset.bytes / largest)
    this.#part('retry').addEventListener('click', onRetry)
  }

  showProgress(share: number): void {
    this.#show('loading')
    this.#write('loading-text', share < 1 ? 'Loading…' : 'Preparing…')
    const progress = this.#part('progress') as HTMLProgressElement
    progress.value = share
  }

  showGzip(bytes: number): void {
    this.#write('gzip', prettyBytes(bytes))
    this.#fill('gzip-bar', bytes / this.#largest)
  }

  showLoaded(milliseconds: number): void {
    this.#show('empty')
    this.#write('load-time', duration(milliseconds))
  }

  /** @param what did not work: `load` or `run` */
  showFailure(what: 'load' | 'run', message: string): void {
    this.#show('failed')
    this.#write('failed-title', what === 'load' ? 'This model did not load' : 'This model did not run')
    this.#write('failed-text', message)
  }

  /** Another picture is there: what stands in the card is of the last one. */
  showPending(): void {
    this.element.ariaBusy = 'true'
    this.#write('time', '…')
    this.#write('difference', '…')
  }

  showAnswer(probabilities: Float32Array, difference: string): void {
    const rows = likeliest(probabilities, 5).map((index) => {
      const share = probabilities[index]!
      const row = document.createElement('li')
      row.title = `${classNames[index]}: ${share}`
      row.append(span('class-name', shortName(index)), span('share', percent(share)), bar(share))
      return row
    })
    this.#part('classes').replaceChildren(...rows)
    this.#write('time', '…')
    this.#write('difference', difference)
    this.#show('classes')
  }

  showTime(milliseconds: number): void {
    this.#write('time', duration(milliseconds))
  }

  /** Takes times and comparison back: another backend is under way. */
  clearTimes(): void {
    for (const part of ['load-time', 'time', 'difference'] as const) this.#write(part, '–')
  }

  #show(body: Body): void {
    for (const part of ['loading', 'failed', 'empty', 'classes'] as const) this.#part(part).hidden = part !== body
    this.element.ariaBusy = String(body === 'loading')
  }

  #part(part: Part): HTMLElement {
    return this.element.querySelector<HTMLElement>(`[data-part="${part}"]`)!
  }

  #write(part: Part, text: string): void {
    this.#part(part).textContent = text
  }

  /** By the style object: a strict Content-Security-Policy forbids the attribute. */
  #fill(part: Part, share: number): void {
    this.#part(part).style.inlineSize = `${100 * share}%`
  }
}

function span(className: string, text: string): HTMLSpanElement {
  const element = document.createElement('span')
  element.className = className
  element.textContent = text
  return element
}

function bar(share: number): HTMLDivElement {
  const track = document.createElement('div')
  track.className = 'track'
  track.ariaHidden = 'true'
  const fill = document.createElement('div')
  fill.className = 'fill'
  fill.style.inlineSize = `${100 * share}%`
  track.append(fill)
  return track
}

export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1 %'
  return `${(100 * share).toFixed(1)} %`
}

function duration(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
}
