import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { errorCode } from './error-code.ts'

/**
 * Puts a whole file under a name that nobody has taken. Durable when it returns true.
 *
 * @returns false when the name was taken already; that file is left as it is.
 */
export function createFileOnce(file: string, content: string, mode: number): boolean {
  const draft = writeDraft(file, content, mode)
  try {
    // A link, not a rename: it fails when the name exists, so what was written first is never replaced.
    linkSync(draft, file)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
  syncFolder(path.dirname(file))
  return true
}

/** Replaces a file whole: readers see the old or the new content, never a part. Durable when it returns. */
export function replaceFile(file: string, content: string, mode: number): void {
  const draft = writeDraft(file, content, mode)
  try {
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
  syncFolder(path.dirname(file))
}

/** Writes a complete file beside its later place, under a name of its own; durable when it returns. */
export function writeDraft(file: string, content: string, mode: number): string {
  const draft = `${file}.draft-${process.pid}-${randomBytes(6).toString('hex')}`
  const descriptor = openSync(draft, 'wx', mode)
  try {
    writeSync(descriptor, content)
    fsyncSync(descriptor)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
  return draft
}

/** Makes names created, renamed or removed in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return // Windows opens no folders, and NTFS journals names by itself
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
