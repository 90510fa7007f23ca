import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { blobTypes } from '../src/format/index.ts'
import { realClock, Workplace, type BackupResult, type RestoreResult } from './testing/backup-and-restore.ts'
import { pattern } from './testing/nasty-tree.ts'

let work: Workplace
let source: string
let target: string
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  target = work.path('target')
  mkdirSync(`${source}/sub`, { recursive: true })
  writeFileSync(`${source}/sub/file`, pattern(5000, 1))
})
afterEach(() => work[Symbol.dispose]())

const unfinished = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.holdfast-restore-'))
const modeOf = (folder: string): number => statSync(folder).mode & 0o777
/** As it would be called in another container, or by another boot: the place is another one, the process the same. */
const elsewhere = (name: string): string =>
  name.replace(/^(\.holdfast-restore-)([0-9a-f])/, (_, start: string, digit: string) => `${start}${digit === '0' ? '1' : '0'}`)
const dayMs = 24 * 60 * 60 * 1000
const later = (ms: number): typeof realClock => ({ ...realClock, nowMs: () => Date.now() + ms })

/** Restores a file alone, so that its folder is marked, and calls back while the mark is there. */
function restoreAnd(backup: BackupResult, during: () => void): Promise<RestoreResult> {
  const vault = work.vault.newSource()
  const verify = vault.verify.bind(vault)
  vault.verify = (type, id, bytes) => {
    verify(type, id, bytes)
    if (type === blobTypes.data) during()
  }
  return work.restore(backup, target, { flat: true, include: ['file'], source: vault })
}

test('a mark that somebody takes away does not keep a folder from its metadata', async () => {
  const backup = await work.backUp([source])
  const outcome = await restoreAnd(backup, () => {
    for (const folder of [target, `${target}/sub`]) for (const name of unfinished(folder)) rmSync(`${folder}/${name}`)
  })
  expect(outcome).toMatchObject({ status: 'complete', filesWritten: 1 })
  expect([modeOf(target), modeOf(`${target}/sub`)]).toEqual([modeOf(source), modeOf(`${source}/sub`)])
})

test('what a restore that runs left is its own however long it runs, one of another place is over after a day without anything new', async () => {
  const backup = await work.backUp([source])
  let mark = ''
  await restoreAnd(backup, () => {
    mark = unfinished(`${target}/sub`).find((name) => name.endsWith('-folder'))!
  })
  const foreign = elsewhere(mark)
  expect(foreign).not.toBe(mark)
  const names = [mark, foreign, foreign.replace(/folder$/, '7')]
  const leave = (): void => names.forEach((name) => writeFileSync(`${target}/sub/${name}`, ''))
  const again = (ms: number): Promise<RestoreResult> => work.restore(backup, target, { flat: true, clock: later(ms) })
  leave()
  await again(dayMs / 2)
  expect(unfinished(`${target}/sub`).toSorted()).toEqual(names.toSorted())
  await again(dayMs + 60_000)
  expect(unfinished(`${target}/sub`)).toEqual([mark])
})

test('a process that is gone left nothing that is kept', async () => {
  const backup = await work.backUp([source])
  let mark = ''
  await restoreAnd(backup, () => {
    mark = unfinished(`${target}/sub`).find((name) => name.endsWith('-folder'))!
  })
  const dead = mark.replace(/-\d+-(\d+)-([0-9a-f]{8})-folder$/, '-4194304-$1-$2-folder')
  writeFileSync(`${target}/sub/${dead}`, '')
  await work.restore(backup, target, { flat: true, conflict: 'skip' })
  expect(existsSync(`${target}/sub/${dead}`)).toBe(false)
})

test('a folder with the mark of a restore elsewhere gets its metadata by the next one', async () => {
  const backup = await work.backUp([source])
  let mark = ''
  await restoreAnd(backup, () => {
    mark = unfinished(`${target}/sub`).find((name) => name.endsWith('-folder'))!
  })
  rmSync(target, { recursive: true })
  mkdirSync(`${target}/sub`, { recursive: true, mode: 0o700 })
  writeFileSync(`${target}/sub/${elsewhere(mark)}`, '')
  await work.restore(backup, target, { flat: true, conflict: 'skip' })
  expect(modeOf(`${target}/sub`)).toBe(modeOf(`${source}/sub`))
})
