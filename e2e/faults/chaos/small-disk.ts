import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeScratchFolder } from '../../stack/scratch-folder.ts'

/** A file system of the agent's state alone, small enough to be filled. */
export interface SmallDisk {
  readonly path: string
  /** False where nothing may be mounted: then it is a folder like any other, and cannot be filled. */
  readonly isOwn: boolean
  fill(): void
  empty(): void
  remove(): void
}

/** Catalogue, outbox and identity of a small tree take a few hundred kilobytes. */
const size = '16m'

export function makeSmallDisk(): SmallDisk {
  const scratch = makeScratchFolder()
  const path = join(scratch.path, 'agent')
  mkdirSync(path)
  const isOwn = tryMount(path)
  const ballast = join(path, 'ballast')
  return {
    path,
    isOwn,
    fill() {
      const file = openSync(ballast, 'w')
      try {
        for (const bytes = Buffer.alloc(64 * 1024, 1); ;) writeSync(file, bytes)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    remove() {
      if (isOwn) execFileSync('umount', ['--lazy', path])
      scratch.remove()
    },
  }
}

function tryMount(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false // not root, or in a container that may not mount
  }
}
