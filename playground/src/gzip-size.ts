/** How many bytes a file has when a server sends it gzipped: fetched again (from the browser's cache) and compressed. */
export async function gzipSize(url: string): Promise<number> {
  const response = await fetch(url, { cache: 'force-cache' })
  if (!response.ok || !response.body) throw new Error(`${url}: HTTP ${response.status}`)
  const reader = response.body.pipeThrough(new CompressionStream('gzip')).getReader()
  let bytes = 0
  for (let step = await reader.read(); !step.done; step = await reader.read()) bytes += step.value.length
  return bytes
}
