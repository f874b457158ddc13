import { type Drawable, decode } from './picture.js'
import { drawSample, samples } from './samples.js'

export interface PictureInput {
  /** A picture came, with what to call it. */
  readonly onPicture: (picture: Drawable, name: string) => void
  /** What came is none, in words for the user. */
  readonly onError: (message: string) => void
}

const nothingDropped =
  'That brought no picture file. Save the picture first, then drop the file; or copy the picture and paste it here.'

/** The four ways in: dropping on the page, choosing a file, pasting, and the drawings. */
export function listenForPictures({ onPicture, onError }: PictureInput): void {
  const take = async (files: FileList | undefined): Promise<void> => {
    const file = files?.[0]
    if (!file) return onError(nothingDropped)
    try {
      onPicture(await decode(file, file.name), file.name)
    } catch (error) {
      onError((error as Error).message)
    }
  }

  const input = document.querySelector<HTMLInputElement>('#file')!
  input.addEventListener('change', async () => {
    if (input.files?.length) await take(input.files)
    input.value = '' // so that the same file can be chosen again
  })

  // The whole page takes drops: a picture that misses the field would otherwise replace the page.
  const zone = document.querySelector<HTMLElement>('#drop-zone')!
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    zone.classList.add('dropping')
  })
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) zone.classList.remove('dropping')
  })
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    zone.classList.remove('dropping')
    take(event.dataTransfer?.files)
  })

  document.addEventListener('paste', (event) => take(event.clipboardData?.files))

  const list = document.querySelector<HTMLUListElement>('#samples')!
  for (const sample of samples) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'sample'
    button.title = sample.name
    button.setAttribute('aria-label', `Classify the drawing: ${sample.name}`)
    const canvas = drawSample(sample)
    canvas.className = 'sample-drawing'
    button.append(canvas)
    button.addEventListener('click', () => onPicture(canvas, sample.name))
    const item = document.createElement('li')
    item.append(button)
    list.append(item)
  }
}
