import { closeSync, constants, fstatSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FileEntry } from '../../format/index.ts'
import { makeScratchFolder, type ScratchFolder } from '../../source/testing/scratch-folder.ts'
import { toCreate } from '../target/conflict.ts'
import type { RestoredFolder } from '../target/restored-folder.ts'
import { fatalError, systemCodeOf } from '../target/system-errors.ts'
import { RestoredFile, type FilePlaces } from './restored-file.ts'

let scratch: ScratchFolder
let places: RefusingPlaces
beforeEach(() => {
  scratch = makeScratchFolder()
  places = new RefusingPlaces()
})
afterEach(() => {
  closeSync(places.other!)
  scratch.remove()
})

/** A real folder whose files fail when they are closed, as those of a network file system with a full quota do: the descriptor is gone then. */
class RefusingPlaces implements FilePlaces {
  readonly told: (string | null)[] = []
  /** What another thread opens meanwhile: it gets the number of the failed one. */
  other: number | null = null
  #fd = -1

  create(): { name: Buffer; fd: number } {
    this.#fd = openSync(this.#path('unfinished'), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL)
    return { name: Buffer.from('unfinished'), fd: this.#fd }
  }

  reopen(): number {
    throw new RangeError('it is not opened again')
  }

  closed(): void {
    // Nobody counts.
  }

  giveMetadata(): void {
    this.refuse()
  }

  refuse(): void {
    closeSync(this.#fd)
  }

  publish(): void {
    renameSync(this.#path('unfinished'), this.#path('whole'))
  }

  removeTemporary(_folder: RestoredFolder, name: Buffer): void {
    rmSync(this.#path(name.toString()))
  }

  written(): void {
    this.told.push('written')
  }

  failed(_file: RestoredFile, error: unknown): void {
    this.told.push(systemCodeOf(error))
  }

  fatal(error: unknown): ReturnType<FilePlaces['fatal']> {
    this.other = openSync('/dev/null', 'r')
    expect(this.other).toBe(this.#fd)
    return fatalError(error)
  }

  #path(name: string): string {
    return join(scratch.path, name)
  }
}

function startFile(size: number): RestoredFile {
  const entry = { size } as FileEntry
  const file = new RestoredFile({ folder: {} as RestoredFolder, entry, attributes: [], ...toCreate }, places)
  file.expectPiece()
  file.expectPiece()
  file.write(0, Uint8Array.of(1))
  return file
}

test('a file that the system refuses when it is closed never gets its name, and its descriptor is closed once', () => {
  const file = startFile(2)
  file.write(1, Uint8Array.of(2))
  file.endPlan()
  expect({ told: places.told, state: file.state, left: readdirSync(scratch.path) }).toEqual({ told: ['EBADF'], state: 'failed', left: [] })
  expect(fstatSync(places.other!).isCharacterDevice()).toBe(true)
})

test('one that is refused while another one needs its descriptor fails itself, and is not gone on with', () => {
  const file = startFile(2)
  places.refuse()
  file.suspend()
  file.write(1, Uint8Array.of(2))
  file.endPlan()
  expect({ told: places.told, state: file.state, left: readdirSync(scratch.path) }).toEqual({ told: ['EBADF'], state: 'failed', left: [] })
  expect(fstatSync(places.other!).isCharacterDevice()).toBe(true)
})
