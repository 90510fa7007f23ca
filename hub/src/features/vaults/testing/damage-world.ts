import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CareKind, CareStory, DamagedPath, VaultCare } from '@holdfast/shared-types'
import { packTrailerBytes } from '@holdfast/engine/format'
import { packKeys } from './collection-world.ts'
import type { TestAgent } from './test-agent.ts'
import type { VaultsUnderTest } from './vaults-under-test.ts'

/** Of packs: 1 file content, 2 folder lists. */
export type Kind = 1 | 2

export async function packsOfKind(world: VaultsUnderTest, kind: Kind): Promise<string[]> {
  const rows = await world.database
    .em()
    .execute<{ id: string }[]>(`select encode(pack_id, 'hex') as id from pack where kind = ? and state = 'live' order by pack_id`, [kind])
  const stored = new Set((await packKeys(world)).map((key) => key.slice(-32)))
  return rows.map(({ id }) => id).filter((id) => stored.has(id))
}

/** The file of a pack. */
export const packFile = (world: VaultsUnderTest, agent: TestAgent, pack: string): string =>
  join(world.storeDir, agent.vaultId, 'p', pack.slice(0, 2), pack)

/** Changes the bytes of a stored pack behind the hub's back, as a bad disk does. @returns what puts it right again */
export async function harm(
  world: VaultsUnderTest,
  agent: TestAgent,
  pack: string,
  how: (bytes: Buffer) => Buffer | void,
): Promise<() => Promise<void>> {
  const path = packFile(world, agent, pack)
  const before = await readFile(path)
  const bytes = Buffer.from(before)
  await chmod(path, 0o600)
  await writeFile(path, how(bytes) ?? bytes)
  return () => writeFile(path, before)
}

/** In the first segment, which begins behind the header of 64 bytes and its own of 64. */
export const flipBit = (bytes: Buffer): void => void (bytes[200]! ^= 1)
/** In the list of what lies in the pack. */
export const flipFooterBit = (bytes: Buffer): void => void (bytes[bytes.length - packTrailerBytes - 10]! ^= 1)

/** Does it now, as a person would ask for it. */
export const care = (world: VaultsUnderTest, kind: CareKind, startedBy: string | null = 'Ada'): Promise<CareStory> =>
  world.vaults.care(null, kind, startedBy)

/** Scrubs, and has what is found named. */
export async function scrubAndName(world: VaultsUnderTest): Promise<CareStory> {
  const story = await care(world, 'scrub')
  await care(world, 'damage', null)
  return story
}

export const seeCare = (world: VaultsUnderTest, agent: TestAgent): Promise<VaultCare> =>
  world.vaults.feature.routes?.getVaultCare?.({
    em: world.database.em(),
    params: { vaultId: agent.vaultId },
  } as never) as Promise<VaultCare>

export async function damagedPaths(world: VaultsUnderTest, agent: TestAgent): Promise<DamagedPath[]> {
  const answer = await world.vaults.feature.routes?.listDamagedPaths?.({
    em: world.database.em(),
    params: { vaultId: agent.vaultId },
    query: { after: 0, limit: 100 },
  } as never)
  return (answer as { items: DamagedPath[] }).items
}
