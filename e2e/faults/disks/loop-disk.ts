import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { makeScratchFolder } from '../../stack/scratch-folder.ts'

const run = (program: string, ...given: string[]): void => void execFileSync(program, given, { stdio: 'pipe' })

/** A file system of its own in an image file, which takes of the real disk what is written, and no more. */
export class LoopDisk {
  /** Where it is seen, while it is mounted. */
  readonly path: string
  readonly #scratch = makeScratchFolder()
  /** Mounted here for good: a disk that is still in use must never be mounted a second time. */
  readonly #shelf: string
  #isOnShelf = false
  #isMounted = false
  #ballast = 0

  constructor() {
    this.path = join(this.#scratch.path, 'disk')
    this.#shelf = join(this.#scratch.path, 'shelf')
  }

  make(size: string): void {
    for (const folder of [this.path, this.#shelf]) mkdirSync(folder)
    const image = join(this.#scratch.path, 'image')
    run('truncate', '-s', size, image)
    run('mkfs.ext4', '-q', '-m', '0', image)
    run('mount', '-o', 'loop', image, this.#shelf)
    this.#isOnShelf = true
    chmodSync(this.#shelf, 0o755)
    this.mount()
  }

  mount(): void {
    run('mount', '--bind', this.#shelf, this.path)
    this.#isMounted = true
  }

  /** Also where files of it are open. */
  unmount(): void {
    if (this.#isMounted) run('umount', '--lazy', this.path)
    this.#isMounted = false
  }

  remove(): void {
    this.unmount()
    if (this.#isOnShelf) run('umount', '--lazy', this.#shelf)
    this.#scratch.remove()
  }

  sizeBytes(): number {
    const { blocks, bsize } = statfsSync(this.path)
    return blocks * bsize
  }

  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  /** Takes all but so much, as another program would. */
  leave(bytes: number): void {
    this.#take(this.freeBytes() - bytes)
  }

  /** Takes all that is left. */
  fill(): void {
    // The file system needs some blocks for its lists of blocks: halves, until nothing fits.
    for (let piece = this.freeBytes(); piece >= 4096; piece = Math.min(Math.floor(piece / 2), this.freeBytes())) {
      try {
        this.#take(piece)
      } catch {
        // What was allocated before it failed stays taken.
      }
    }
  }

  /** Gives back what was taken. */
  empty(): void {
    for (; this.#ballast > 0; this.#ballast--) rmSync(join(this.path, `ballast-${this.#ballast - 1}`), { force: true })
  }

  #take(bytes: number): void {
    run('fallocate', '-l', String(bytes), join(this.path, `ballast-${this.#ballast++}`))
  }
}

/** Null where nothing may be mounted, or ext4 cannot be made. */
export function makeLoopDisk(size: string): LoopDisk | null {
  const disk = new LoopDisk()
  try {
    disk.make(size)
    return disk
  } catch {
    disk.remove()
    return null
  }
}
