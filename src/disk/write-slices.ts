import { writeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { type DeferredMemory, unread } from '../graph/deferred-bytes.js'

/** The most slices one system call takes (IOV_MAX). */
const slicesAtOnce = 1024

const copySize = 1 << 18

/**
 * Writes slices one after the other at the file's end, many with one call. What has not been read of another file goes from
 * file to file through one small buffer.
 */
export async function writeSlices(file: FileHandle, slices: readonly Uint8Array[]): Promise<void> {
  let group: Uint8Array[] = []
  for (const slice of slices) {
    const memory = unread(slice)
    if (memory || group.length === slicesAtOnce) {
      await writeGroup(file, group)
      group = []
    }
    if (memory) copy(memory, slice, file)
    else group.push(slice)
  }
  await writeGroup(file, group)
}

/** A short write goes on where it stopped. */
async function writeGroup(file: FileHandle, slices: readonly Uint8Array[]): Promise<void> {
  let group = [...slices]
  while (group.length > 0) {
    let { bytesWritten } = await file.writev(group)
    let whole = 0
    while (whole < group.length && bytesWritten >= group[whole]!.length) bytesWritten -= group[whole++]!.length
    group = group.slice(whole)
    if (group.length > 0 && bytesWritten > 0) group[0] = group[0]!.subarray(bytesWritten)
  }
}

/** Without waiting: each wait costs more than a piece takes. */
function copy(memory: DeferredMemory, { byteOffset, length }: Uint8Array, { fd }: FileHandle): void {
  const buffer = new Uint8Array(Math.min(copySize, length))
  for (let done = 0; done < length; done += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, length - done))
    memory.copyTo(piece, byteOffset + done)
    for (let written = 0; written < piece.length; ) written += writeSync(fd, piece, written)
  }
}
