import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import type { BlobHasher } from '@holdfast/engine/blob-id'
import { blobTypes } from '@holdfast/engine/format'
import type { TreeReader } from '@holdfast/engine/reader'
import { AppError } from '@holdfast/shared-types/errors'
import type { SampledFile } from './choose-sample.ts'

const readBytes = 1024 * 1024

/**
 * Reads a restored file back from the disk and computes the ids of all its pieces again.
 * @returns how many pieces it has
 * @throws AppError `vault.corrupt` where it is not what the snapshot says, or not there
 */
export async function requireRestored(reader: TreeReader, hasher: BlobHasher, { entry }: SampledFile, restored: Buffer): Promise<number> {
  const file = await openPlain(restored)
  if (file === null) throw notRestored('A file of the sample was not restored.')
  try {
    if ((await file.stat()).size !== entry.size) throw notRestored('A restored file has another size than the snapshot says.')
    if (entry.content.kind === 'inline') {
      if (!Buffer.from(entry.content.bytes).equals(await read(file, 0, entry.size))) throw differs()
      return 0
    }
    let blobs = 0
    for await (const { offset, item } of reader.items(entry)) {
      if (item.kind === 'hole') {
        await requireZeroes(file, offset, item.length)
        continue
      }
      if (!hasher.isIdOf(blobTypes.data, await read(file, offset, item.length), item.id)) throw differs()
      blobs++
    }
    return blobs
  } finally {
    await file.close()
  }
}

/** Whether a file on the device, where it is as old and as large as when it was backed up, has the same bytes; null where it has changed or is gone. */
export async function isSameAsSource({ path, entry }: SampledFile, restored: Buffer): Promise<boolean | null> {
  const source = await openUnchanged(path, entry)
  if (source === null) return null
  const copy = await openPlain(restored)
  try {
    if (copy === null) return null
    for (let at = 0; at < entry.size; at += readBytes) {
      const length = Math.min(readBytes, entry.size - at)
      const [left, right] = [await read(source, at, length), await read(copy, at, length)]
      // Changed while it was read: that is no difference.
      if (!left.equals(right)) return (await isUnchanged(path, entry)) ? false : null
    }
    return true
  } finally {
    await source.close()
    await copy?.close()
  }
}

async function openUnchanged(path: Buffer, entry: SampledFile['entry']): Promise<FileHandle | null> {
  return (await isUnchanged(path, entry)) ? openPlain(path) : null
}

async function isUnchanged(path: Buffer, { size, mtimeNs }: SampledFile['entry']): Promise<boolean> {
  try {
    const found = await lstat(path, { bigint: true })
    return found.isFile() && found.size === BigInt(size) && found.mtimeNs === mtimeNs
  } catch {
    // Gone, or in a folder that may not be read any more.
    return false
  }
}

/** Null where there is none, or it may not be read. */
async function openPlain(path: Buffer): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // What the restore could not write it has told of itself.
    return null
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

async function requireZeroes(file: FileHandle, offset: number, length: number): Promise<void> {
  for (let at = 0; at < length; at += readBytes)
    if ((await read(file, offset + at, Math.min(readBytes, length - at))).some((byte) => byte !== 0)) throw differs()
}

const notRestored = (message: string): AppError => new AppError('vault.corrupt', { message })
const differs = (): AppError => notRestored('A restored file has other bytes than the snapshot says.')
