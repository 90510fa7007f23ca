import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A memory file system and a disk, where the machine has both: they differ in times, holes and attributes. */
export const fileSystems = [
  { name: 'disk', place: tmpdir() },
  { name: 'memory', place: '/dev/shm' },
] as const

export interface ScratchFolder {
  readonly path: string
  remove(): void
}

export function makeScratchFolder(place: string = tmpdir()): ScratchFolder {
  const folderPath = mkdtempSync(path.join(place, 'holdfast-source-'))
  return { path: folderPath, remove: () => rmSync(folderPath, { recursive: true, force: true }) }
}
