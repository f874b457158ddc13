/** The side of the square that the model sees. */
export const side = 128

/** What a picture is read from: decoded already, of a known size. */
export type Drawable = ImageBitmap | HTMLCanvasElement

/**
 * Decodes a picture file, turned as its camera held it.
 * @throws Error with a text for the user where the browser can't
 */
export async function decode(file: Blob, name: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file)
  } catch {
    throw new Error(
      file.type && !file.type.startsWith('image/')
        ? `“${name}” is not a picture (${file.type}). Choose a JPEG, PNG, WebP, GIF or AVIF.`
        : `The browser can’t read “${name}”. Choose a JPEG, PNG, WebP, GIF or AVIF.`,
    )
  }
}

/** Draws the middle square of a picture over the whole of a canvas; what is transparent becomes white. */
export function drawSquare(picture: Drawable, canvas: HTMLCanvasElement): void {
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const { width, height } = picture
  const edge = Math.min(width, height)
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, canvas.width, canvas.height)
}

/** The pixels of a canvas of 128 by 128 as MobileNet takes them: float32 [128, 128, 3], -1 is black and 1 is white. */
export function pixelsOf(canvas: HTMLCanvasElement): Float32Array {
  const { data } = canvas.getContext('2d', { willReadFrequently: true })!.getImageData(0, 0, side, side)
  const pixels = new Float32Array(side * side * 3)
  for (let pixel = 0; pixel < side * side; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels[pixel * 3 + channel] = data[pixel * 4 + channel]! / 127.5 - 1
    }
  }
  return pixels
}
