import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canTrace, SystemCallRounds, type Effect } from './testing/system-call-rounds.ts'

/** Every step of a directory store and of a catalogue that changes a disk. */
const syncs = ['fsync', 'fdatasync']
const links = ['link', 'linkat']
const unlinks = ['unlink', 'unlinkat']
const folders = ['mkdir', 'mkdirat']
const writes = ['pwrite64', 'pwritev', 'pwritev2']
const renames = ['rename', 'renameat', 'renameat2']

let rounds: SystemCallRounds
beforeEach(async () => {
  rounds = new SystemCallRounds()
  await rounds.prepare()
})
afterEach(() => rounds.close())

describe.skipIf(!canTrace())('a backup into a folder', () => {
  const cases: readonly (readonly [Effect, string, readonly string[], number])[] = [
    ['KILL', 'step', [...syncs, ...links, ...unlinks, ...folders, ...renames, ...writes], 10],
    ['EIO', 'sync', syncs, 6],
    ['EIO', 'link', links, 3],
    ['EIO', 'unlink', unlinks, 1],
    ['EIO', 'mkdir', folders, 1],
    ['EIO', 'write', writes, 3],
    ['EIO', 'rename', renames, 1],
    ['ENOSPC', 'write', writes, 3],
    ['ENOSPC', 'link', links, 3],
    ['ENOSPC', 'mkdir', folders, 1],
    ['ENOSPC', 'sync', syncs, 6],
  ]
  test.each(cases)('with %s at any %s is told or complete, and the next one is right', async (effect, _, calls, least) => {
    expect(await rounds.play(calls, effect)).toBeGreaterThanOrEqual(least)
  })

  test.each(['EIO', 'ENOSPC'] as const)('whose catalogue cannot be written (%s) is complete', async (effect) => {
    const { cataloguePath } = rounds.rounds
    expect(await rounds.play(['write'], effect, `${cataloguePath}.new`)).toBeGreaterThanOrEqual(1)
  })
})
