import type { Purge, PurgeOrder } from '@holdfast/shared-types'
import { createBlobHasher } from '@holdfast/engine/blob-id'
import { toHex } from '@holdfast/engine/bytes'
import { blobTypes } from '@holdfast/engine/format'
import { checkPack } from '@holdfast/engine/vault'
import { packKeys } from './collection-world.ts'
import type { TestAgent } from './test-agent.ts'
import type { VaultsUnderTest } from './vaults-under-test.ts'

/** How many of these contents lie in any pack of the store, by what the footers say. */
export async function storedOf(world: VaultsUnderTest, agent: TestAgent, ...contents: readonly Uint8Array[]): Promise<number> {
  const session = await agent.open()
  const hasher = createBlobHasher(session.keys.idKey)
  const stored = new Set<string>()
  for (const key of await packKeys(world))
    for (const { blobIds } of checkPack(await world.store.get(key)).segments) for (const id of blobIds) stored.add(toHex(id))
  await agent.endRun(session.runId)
  return contents.filter((content) => stored.has(toHex(hasher.idOf(blobTypes.data, content)))).length
}

/** Too large for a tree page, small enough for a bundle. */
export const small = (text: string): Buffer => Buffer.from(text.padEnd(300, text))

/** Asks for a purge and waits until nothing works behind any more; null where the hub died before it knew of it. */
export async function purgeOf(world: VaultsUnderTest, order: Partial<PurgeOrder>): Promise<Purge | null> {
  const whole = { agentIds: null, paths: [], patterns: [], keepsUndo: false, ...order }
  const started = await world.vaults.rewriting.startPurge(null, whole, 'Ada').catch(() => null)
  await world.vaults.rewriting.settled()
  return started
}
