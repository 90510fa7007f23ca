import { randomBytes } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Vault, VaultCheck } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { setLastCheck } from './tables/vaults.queries.ts'
import { folder } from './testing/build-tree.ts'
import type { TestAgent } from './testing/test-agent.ts'
import { VaultsUnderTest } from './testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await world.close()
})

const listed = async (): Promise<Vault> => {
  const answer = await world.vaults.feature.routes?.listVaults?.({ em: world.database.em() } as never)
  return (answer as { readonly items: Vault[] }).items[0] as Vault
}

const backUp = () => agent.backUp(folder({ home: folder({ 'a.bin': randomBytes(400_000) }) }))

test('counts once for many who ask, and anew some seconds later', async () => {
  // Whole, or a sum of parts may fall short of it.
  let nowMs = Math.ceil(performance.now())
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  expect(await listed()).toMatchObject({ snapshots: 0, packs: 0, damage: null })
  await backUp()
  nowMs += 4999
  expect(await listed()).toMatchObject({ snapshots: 0 })
  nowMs += 1
  expect(await listed()).toMatchObject({ snapshots: 1, packs: 2, packsLost: 0, snapshotsLost: 0 })
})

test('tells what the last start missed in the store', async () => {
  await backUp()
  await rename(join(world.storeDir, agent.vaultId, 's', agent.agentId), `${world.storeDir}.away`)
  await world.start()
  expect(await listed()).toMatchObject({ snapshots: 0, packs: 2, packsLost: 0, snapshotsLost: 1 })
  await rename(`${world.storeDir}.away`, join(world.storeDir, agent.vaultId, 's', agent.agentId))
})

test('keeps the damage of a check until another shows it mended, whatever begins, breaks off or reads less', async () => {
  const began: VaultCheck = {
    state: 'running',
    isDeep: true,
    startedBy: 'Ada',
    startedAtMs: 1000,
    endedAtMs: null,
    progress: null,
    packs: 2,
    snapshots: 1,
    problemCount: 0,
    problems: [],
    error: null,
  }
  const damageAfter = async (given: Partial<VaultCheck>, isFoundByReading = false) => {
    await setLastCheck(world.database.em(), agent.vaultId, { ...began, endedAtMs: 2000, ...given }, isFoundByReading)
    return (await listed()).damage
  }
  const found = { foundAtMs: 2000, isDeep: true, problemCount: 3 }
  expect(await damageAfter({ state: 'damaged', problemCount: 3 }, true)).toEqual(found)
  for (const state of ['running', 'interrupted', 'failed'] as const) expect(await damageAfter({ state })).toEqual(found)
  expect(await damageAfter({ state: 'sound', isDeep: false }), 'lists say nothing of bytes').toEqual(found)
  const light = { state: 'damaged', isDeep: false, endedAtMs: 3000 } as const
  expect(await damageAfter({ ...light, problemCount: 1 }), 'nor that there is less of it').toEqual(found)
  expect(await damageAfter({ ...light, problemCount: 12 })).toEqual({ ...found, problemCount: 12 })
  expect(await damageAfter({ state: 'damaged', problemCount: 1 }), 'all was read, and only lists differ').toMatchObject({ isDeep: false })
  expect(await damageAfter({ state: 'sound', isDeep: false })).toBeNull()
  expect(await damageAfter({ ...light, problemCount: 1 })).toEqual({ foundAtMs: 3000, isDeep: false, problemCount: 1 })
  expect(await damageAfter({ state: 'damaged', problemCount: 3 }, true)).toEqual(found)
  expect(await damageAfter({ state: 'sound' })).toBeNull()
})
