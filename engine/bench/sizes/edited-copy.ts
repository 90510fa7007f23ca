import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'

const editEvery = 16 * 1024 * 1024
const edit = Buffer.from(
  'These are one hundred bytes that were not there when the file was backed up for the first time. '.padEnd(100, '.'),
)

/** Copies a folder, and puts a small edit into the middle of every 16 MiB of its files. @returns how many edits */
export function makeEditedCopy(folder: string, files: readonly string[], copy: string): number {
  execFileSync('cp', ['-a', folder, copy])
  return files.reduce((sum, file) => sum + editFile(path.join(copy, file)), 0)
}

function editFile(file: string): number {
  const { size, blocks } = statSync(file)
  const places = Array.from({ length: Math.floor(size / editEvery) }, (_, index) => index * editEvery + editEvery / 2)
  if (places.length === 0) return 0
  // A disk image changes in place, and has holes to keep; other files get longer and shorter.
  if (blocks * 512 < size) overwrite(file, places)
  else writeFileSync(file, Buffer.concat(editedParts(readFileSync(file), places)))
  return places.length
}

function overwrite(file: string, places: readonly number[]): void {
  const fd = openSync(file, 'r+')
  for (const place of places) writeSync(fd, edit, 0, edit.length, place)
  closeSync(fd)
}

/** In turn: something new between, something left out, something in the place of something else. */
function editedParts(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (const [index, place] of places.entries()) {
    parts.push(bytes.subarray(start, place))
    if (index % 3 !== 1) parts.push(edit)
    start = index % 3 === 0 ? place : place + edit.length
  }
  return [...parts, bytes.subarray(start)]
}
