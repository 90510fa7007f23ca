import { expect, test } from 'vitest'
import { collect, expectRestored, expectSound, piece, treeOf } from '../testing/collection-world.ts'
import { purgeOf, small, storedOf } from '../testing/purge-world.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

/** More than any purge of so small a vault has. */
const mostSteps = 500

/**
 * Kills the hub at the first step of a purge, then at the second, and so on until one comes through: looking, new packs, the new object, the transaction, collecting. After each
 * the hub starts anew, with every backup whole in its old version or the new one, and goes on by itself.
 */
test.each([
  [false, 'at once'],
  [true, 'with an undo time'],
])(
  'a hub that is killed at any step of a purge leaves the old or the new of each backup, and goes on (keepsUndo %s: %s)',
  { timeout: 3_600_000 },
  async (keepsUndo) => {
    const world = await VaultsUnderTest.open()
    try {
      const agent = await world.enrol()
      const places = new Set<string>()
      for (let step = 1; ; step++) {
        expect(step).toBeLessThan(mostSteps)
        const secrets = { 'secret.txt': small(`secret ${step}`), 'secret.bin': piece(140_000) }
        const stays = { 'notes.txt': small(`notes ${step}`), 'big.bin': piece(140_000) }
        const first = await agent.backUp(treeOf({ ...secrets, ...stays }))
        const second = await agent.backUp(treeOf({ ...secrets, ...stays, 'x.txt': small(`x ${step}`) }))
        world.dieAfter(step)
        const asked = await purgeOf(world, { paths: [{ path: '/home/secret.txt' }, { path: '/home/secret.bin' }], keepsUndo })
        const { diedAt } = world.mortality
        if (diedAt !== null) places.add(diedAt.replaceAll(/[0-9a-f-]{16,}/g, '…'))
        await world.start()
        const kept = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
        expect(kept.map(({ id, rewritten }) => rewritten?.of ?? id)).toEqual([first, second])
        for (const [index, { id, rewritten }] of kept.entries())
          await expectRestored(agent, id, {
            ...(rewritten === null ? secrets : {}),
            ...stays,
            ...(index === 1 ? { 'x.txt': small(`x ${step}`) } : {}),
          })
        await world.vaults.rewriting.settled()
        await expectSound(world)
        // Where the hub died before it knew of it, it is asked again.
        if (asked === null) await purgeOf(world, { paths: [{ path: '/home/secret.txt' }, { path: '/home/secret.bin' }], keepsUndo })
        world.nowMs += 20 * 24 * 60 * 60 * 1000
        for (let nights = 0; nights < 3; nights++) await world.vaults.care(null, 'collection', null)
        expect((await world.vaults.rewriting.listPurges(null))[0]).toMatchObject({ state: 'done' })
        expect(await storedOf(world, agent, ...Object.values(secrets))).toBe(0)
        await expectSound(world)
        const all = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
        await world.vaults.deletion.delete({ snapshotIds: all.map(({ id }) => id), by: 'test', isConfirmed: true, isFinal: true })
        await collect(world)
        if (asked !== null && diedAt === null) break
      }
      // It died in each phase. Where an undo time is kept, nothing is removed before that is over, which collection-crashes.faults.ts sees through.
      const removals = keepsUndo ? [] : ['delete of s/', 'delete of p/']
      for (const place of ['put of p/', 'put of s/', 'put of rewriting-key', 'a commit', ...removals])
        expect(
          [...places].some((known) => known.startsWith(place)),
          `${place} of ${[...places].join(', ')}`,
        ).toBe(true)
    } finally {
      await world.close()
    }
  },
)
