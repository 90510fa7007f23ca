import {
  appendFileSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { seededRandom } from '../stack/seeded-random.ts'

/** Above it a file is changed in the middle instead of being rewritten: as databases and disk images are. */
const largeBytes = 8 * 2 ** 20
const patchBytes = 64 * 1024

/**
 * A day's work on a tree: 1 in 100 files is edited (a line at its end; of large files 64 KiB in the middle), 1 in 1,000 is renamed, and 20 are new. The
 * same seed makes the same change.
 *
 * @returns puts the tree back as it was, times included
 */
export function changeTree(folder: string, seed: number): () => void {
  const random = seededRandom(seed)
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const undo: (() => void)[] = []
  const restoreTimes = timesOf([folder, ...files.map((file) => dirname(file))])
  for (const file of chosen(files, 100, random)) undo.push(edit(file, random.bytes(patchBytes)))
  for (const file of chosen(files, 1000, random)) {
    const renamed = `${file}.renamed`
    renameSync(file, renamed)
    undo.push(() => renameSync(renamed, file))
  }
  const added = join(folder, 'holdfast-bench-new')
  mkdirSync(added)
  for (let n = 0; n < 20; n += 1) writeFileSync(join(added, `new-${n}`), random.bytes(1024 + random.below(32_768)))
  undo.push(() => rmSync(added, { recursive: true }))
  return () => {
    for (const step of undo.toReversed()) step()
    restoreTimes()
  }
}

/** One of so many, and at least one. */
function chosen(files: readonly string[], oneOf: number, random: { below(below: number): number }): Set<string> {
  const count = Math.max(1, Math.round(files.length / oneOf))
  const picked = new Set<string>()
  while (picked.size < Math.min(count, files.length)) picked.add(files[random.below(files.length)] ?? '')
  return picked
}

function edit(file: string, patch: Buffer): () => void {
  const { size } = lstatSync(file)
  const restoreTimes = timesOf([file])
  if (size < largeBytes) {
    const before = readFileSync(file)
    appendFileSync(file, '\nchanged by the bench\n')
    return () => {
      writeFileSync(file, before)
      restoreTimes()
    }
  }
  const at = Math.floor(size / 2)
  const before = Buffer.alloc(patch.length)
  const fd = openSync(file, 'r+')
  readSync(fd, before, 0, before.length, at)
  writeSync(fd, patch, 0, patch.length, at)
  closeSync(fd)
  return () => {
    const again = openSync(file, 'r+')
    writeSync(again, before, 0, before.length, at)
    closeSync(again)
    restoreTimes()
  }
}

function timesOf(paths: readonly string[]): () => void {
  const times = new Map(paths.map((path) => [path, lstatSync(path)]))
  return () => {
    for (const [path, { atime, mtime }] of times) utimesSync(path, atime, mtime)
  }
}
