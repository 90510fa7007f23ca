import { EngineError } from '@holdfast/engine/errors'
import { expect, test } from 'vitest'
import { collect, deleteFinally, expectRestored, expectSound, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

const many = (name: string, count: number): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}-${index}.bin`, piece(140_000)]))
/** It has to die in each of them. */
const phases = ['put of g/', 'delete of s/', 'makeDurable of s/', 'delete of p/', 'commit of p/', 'a commit']
/** More than any collection of so small a vault has, a few times over. */
const mostSteps = 500

/**
 * Kills the hub at the first step of a collection, then at the second, and so on until one comes through: marking, condemning, writing the journal, removing, moving. After
 * each, the hub starts anew.
 */

test('a hub that is killed at any step of a collection loses nothing, and collects the next time', { timeout: 1_800_000 }, async () => {
  const world = await VaultsUnderTest.open()
  try {
    const agent = await world.enrol()
    const places = new Set<string>()
    const isMet = (phase: string): boolean => [...places].some((place) => place.startsWith(phase))
    for (let [step, rounds] = [1, 0]; ; step++) {
      expect(++rounds).toBeLessThan(mostSteps)
      const stays = many('stays', 4)
      const going = await agent.backUp(treeOf({ ...stays, ...many('goes', 8) }))
      const kept = await agent.backUp(treeOf(stays))
      await deleteFinally(world, going)
      world.dieAfter(step)
      const story = await collect(world).catch(() => null)
      const { diedAt } = world.mortality
      if (diedAt !== null) places.add(diedAt.replaceAll(/[0-9a-f-]{16,}/g, '…'))
      await world.start()
      await expectSound(world)
      await expectRestored(agent, kept, stays)
      expect(await world.vaults.snapshots.find(world.database.em(), going)).toSatisfy(
        (snapshot: { state: string } | null) => snapshot === null || snapshot.state === 'deleted',
      )
      await collect(world)
      expect(await world.vaults.snapshots.find(world.database.em(), going)).toBeNull()
      await deleteFinally(world, kept)
      await collect(world)
      await expectSound(world)
      if (story === null || diedAt !== null) continue
      if (phases.every(isMet)) break
      // No two rounds have the very same steps: it stepped over one.
      step = Math.floor(step / 2)
    }
  } finally {
    await world.close()
  }
})

/** Fails the `step`-th call of the store, once; null where there were not so many. */
function failOnce(world: VaultsUnderTest, step: number, code: 'store.io-error' | 'store.full'): { failedAt: string | null } {
  const told: { failedAt: string | null } = { failedAt: null }
  let left = step
  world.store.before = (name, key) => {
    if (told.failedAt !== null || --left > 0) return
    told.failedAt = `${name} of ${key ?? 'a staged object'}`
    throw new EngineError(code, 'The disk does not do as it is told.')
  }
  return told
}

test.each(['store.io-error', 'store.full'] as const)(
  'a store that fails any one call of a collection with %s loses nothing, and the same hub collects the next time',
  { timeout: 1_800_000 },
  async (code) => {
    const world = await VaultsUnderTest.open()
    try {
      const agent = await world.enrol()
      for (let step = 1; ; step++) {
        expect(step).toBeLessThan(mostSteps)
        const stays = many('stays', 4)
        const going = await agent.backUp(treeOf({ ...stays, ...many('goes', 8) }))
        const kept = await agent.backUp(treeOf(stays))
        await deleteFinally(world, going)
        const told = failOnce(world, step, code)
        await collect(world).catch(() => null)
        world.store.before = () => undefined
        await expectRestored(agent, kept, stays)
        await collect(world)
        await expectSound(world)
        await expectRestored(agent, kept, stays)
        expect(await world.vaults.snapshots.find(world.database.em(), going)).toBeNull()
        await deleteFinally(world, kept)
        await collect(world)
        if (told.failedAt === null) break
      }
      await world.start()
      await expectSound(world)
    } finally {
      await world.close()
    }
  },
)
