import { randomBytes } from 'node:crypto'
import type { SnapshotId, VaultCollection } from '@holdfast/shared-types'
import { blobTypes, decodeSnapshotObject, packPrefix, snapshotPrefix } from '@holdfast/engine/format'
import { openSnapshotBody, TreeReader } from '@holdfast/engine/reader'
import { nodePrimitives } from '@holdfast/engine/vault'
import { expect } from 'vitest'
import { folder, type Folder } from './build-tree.ts'
import type { TestAgent } from './test-agent.ts'
import type { VaultsUnderTest } from './vaults-under-test.ts'

export const dayMs = 24 * 60 * 60 * 1000

/** Large enough for a segment of its own. */
export const piece = (bytes = 200_000): Buffer => randomBytes(bytes)

export type Files = Readonly<Record<string, Buffer>>
export const treeOf = (files: Files): Folder => folder({ home: folder({ ...files }) })

export const deleteFinally = (world: VaultsUnderTest, ...snapshotIds: SnapshotId[]): Promise<unknown> =>
  world.vaults.deletion.delete({ snapshotIds, by: 'test', isConfirmed: true, isFinal: true })

export const collect = (world: VaultsUnderTest): Promise<VaultCollection> =>
  world.vaults.collect(null, { startedBy: 'test', isLargeApproved: true })

export async function keysUnder(world: VaultsUnderTest, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of world.store.list(prefix)) keys.push(key)
  return keys
}
export const packKeys = (world: VaultsUnderTest): Promise<string[]> => keysUnder(world, packPrefix)
export const snapshotKeys = (world: VaultsUnderTest): Promise<string[]> => keysUnder(world, snapshotPrefix)

/** Reads every byte, as a restore does, and compares. */
export async function expectRestored(agent: TestAgent, snapshotId: SnapshotId, files: Files): Promise<void> {
  const { runId, source, keys } = await agent.sourceWithKeys(snapshotId)
  const body = await openSnapshotBody(nodePrimitives, decodeSnapshotObject(await agent.snapshotObject(runId)), keys)
  const reader = new TreeReader((type, id) => source.read(type, id))
  const home = await reader.find(body.root, Buffer.from('home'))
  if (home?.type !== 'folder') throw new Error('There should be a folder')
  const found: Record<string, string> = {}
  for await (const entry of reader.entries(home.page)) {
    if (entry.type !== 'file') continue
    const parts: Uint8Array[] = []
    if (entry.content.kind === 'inline') parts.push(entry.content.bytes)
    else for await (const { item } of reader.items(entry)) if (item.kind === 'data') parts.push(await source.read(blobTypes.data, item.id))
    found[Buffer.from(entry.name).toString()] = Buffer.concat(parts).toString('base64')
  }
  expect(found).toEqual(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.toString('base64')])))
  await agent.endRun(runId)
}

/** Every stored byte is read and opened, and rows are compared with the store. */
export async function expectSound(world: VaultsUnderTest): Promise<void> {
  const report = await world.vaults.runFsck(null, { readData: true })
  expect(report.problems).toEqual([])
}
