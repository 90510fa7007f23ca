import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { seededRandom, type SeededRandom } from '../stack/seeded-random.ts'

/** Above it a file is changed in the middle instead of being rewritten: as databases and disk images are. */
const largeBytes = 8 * 2 ** 20
const patchBytes = 64 * 1024
/** Names that only the bench gives, so that it knows its own leftovers. */
const renamedEnding = '.holdfast-bench-renamed'
const addedFolder = 'holdfast-bench-new'
const addedFiles = Array.from({ length: 20 }, (_, n) => `new-${n}`)

type Undo = () => void

/**
 * A day's work on a tree: 1 in 100 files is edited (a line at its end; of large files 64 KiB in the middle), 1 in 1,000 is renamed, and 20 are new. The
 * same seed makes the same change. Where it fails half-way it takes back what it did.
 *
 * @returns puts the tree back as it was, with times of modification to the nanosecond
 */
export function changeTree(folder: string, seed: number): Undo {
  const undo: Undo[] = []
  try {
    makeChanges(folder, seededRandom(seed), undo)
  } catch (error) {
    takeBack(undo)
    throw error
  }
  return () => takeBack(undo)
}

/** Each undo is noted before its change, so that a change that fails in the middle of itself is taken back too. */
function makeChanges(folder: string, random: SeededRandom, undo: Undo[]): void {
  const files = filesBelow(folder).toSorted()
  const edited = chosen(files, 100, random)
  const renamed = chosen(files, 1000, random)
  undo.push(keepTimes(new Set([folder, ...edited, ...[...renamed].map((file) => dirname(file))])))
  for (const file of edited) edit(file, random.bytes(patchBytes), undo)
  for (const file of renamed) {
    undo.push(() => nameBack(`${file}${renamedEnding}`))
    renameSync(file, `${file}${renamedEnding}`)
  }
  const added = join(folder, addedFolder)
  mkdirSync(added)
  undo.push(() => removeAdded(added))
  for (const name of addedFiles) writeFileSync(join(added, name), random.bytes(1024 + random.below(32_768)))
}

/** The last first; one that fails does not keep the others from being taken back. */
function takeBack(undo: Undo[]): void {
  const failures: unknown[] = []
  for (const step of undo.splice(0).toReversed()) {
    try {
      step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} changes of the bench could not be taken back: ${failures.join('; ')}`)
}

/**
 * What a bench that was killed has left in a tree, as far as its names tell: new files go, renamed ones get their names back. Lines that it had added to
 * files stay.
 *
 * @throws Error where the bench's names are used by something else
 */
export function removeLeftovers(folder: string): void {
  if (existsSync(join(folder, addedFolder))) removeAdded(join(folder, addedFolder))
  for (const file of filesBelow(folder)) if (file.endsWith(renamedEnding)) nameBack(file)
}

/** Only what the bench names so: the folder stays, and is told, where it holds anything else. */
function removeAdded(added: string): void {
  for (const name of addedFiles) rmSync(join(added, name), { force: true })
  rmdirSync(added)
}

function nameBack(renamed: string): void {
  const file = renamed.slice(0, -renamedEnding.length)
  if (existsSync(file)) {
    if (existsSync(renamed)) throw new Error(`${renamed} was left by a bench, and its old name is taken. Remove one of the two.`)
    return
  }
  renameSync(renamed, file)
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** One of so many, and at least one. */
function chosen(files: readonly string[], oneOf: number, random: SeededRandom): Set<string> {
  const count = Math.max(1, Math.round(files.length / oneOf))
  const picked = new Set<string>()
  while (picked.size < Math.min(count, files.length)) picked.add(files[random.below(files.length)] ?? '')
  return picked
}

function edit(file: string, patch: Buffer, undo: Undo[]): void {
  const { size } = lstatSync(file)
  if (size < largeBytes) {
    const before = readFileSync(file)
    undo.push(() => writeFileSync(file, before))
    appendFileSync(file, '\nchanged by the bench\n')
    return
  }
  const at = Math.floor(size / 2)
  const before = Buffer.alloc(patch.length)
  withOpen(file, (fd) => readSync(fd, before, 0, before.length, at))
  undo.push(() => withOpen(file, (fd) => writeSync(fd, before, 0, before.length, at)))
  withOpen(file, (fd) => writeSync(fd, patch, 0, patch.length, at))
}

function withOpen(file: string, work: (fd: number) => void): void {
  const fd = openSync(file, 'r+')
  try {
    work(fd)
  } finally {
    closeSync(fd)
  }
}

/** By touch: Node hands times over as floating point seconds, which are exact to some 240 ns only. */
function keepTimes(paths: ReadonlySet<string>): Undo {
  const pairs = [...paths].map((path) => `@${secondsOf(lstatSync(path, { bigint: true }).mtimeNs)}\0${path}\0`)
  return () => void execFileSync('xargs', ['-0', '-r', '-n', '2', 'touch', '-m', '-c', '-h', '-d'], { input: pairs.join('') })
}

function secondsOf(nanoseconds: bigint): string {
  const digits = String(nanoseconds < 0n ? -nanoseconds : nanoseconds).padStart(10, '0')
  return `${nanoseconds < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
}
