import { randomBytes, randomUUID } from 'node:crypto'
import { AgentId, AppError, type ResponseOf, type Api, type SnapshotId } from '@holdfast/shared-types'
import { fromBase64Url, toBase64Url, toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { decodeKeySlot, encodeKeySlot, keySlotPrefix, sealedKeysKey, uuidToBytes, vaultFileKey } from '@holdfast/engine/format'
import { newRecoveryWords, unlockVault } from '@holdfast/engine/unlock'
import { nodePrimitives, openSealedVault, openVault } from '@holdfast/engine/vault'
import { openDirectoryStore } from '@holdfast/engine/store'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectRestored, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { loseVaultRows, rebuildVaults } from '../testing/lost-database.ts'
import {
  aSummary,
  asPerson,
  createPrivate,
  enrolApproved,
  keysFor,
  lookThroughAll,
  makeVault,
  passphrase,
  type MadeVault,
} from '../testing/private-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'
import { useRecoveryWords } from './use-recovery-words.ts'

let world: VaultsUnderTest
let made: MadeVault

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  made = await createPrivate(world)
})
afterEach(() => world.close())

const storeOf = () => openDirectoryStore(join(world.storeDir, made.vaultId), { mark: vaultFileKey })
const slotKinds = async (): Promise<number[]> => {
  const store = await storeOf()
  const kinds: number[] = []
  for await (const { key } of store.list(keySlotPrefix)) kinds.push((await store.get(key))[10]!)
  await store.close()
  return kinds.toSorted((left, right) => left - right)
}
const rowOf = (id: SnapshotId) => world.vaults.snapshots.find(world.database.em(), id)
const expectSound = async (): Promise<void> => expect((await world.vaults.runFsck(made.vaultId, { readData: true })).problems).toEqual([])
describe('a private vault', () => {
  test('is taken on with a slot for the hub\u2019s own statements, and the same one again is the same', async () => {
    expect(await slotKinds()).toEqual([2, 3, 4])
    expect(await asPerson(world, 'createVault', { body: made.body })).toMatchObject({
      id: made.vaultId,
      kind: 'private',
      recoveryKeyExported: true,
    })
    expect(await slotKinds()).toEqual([2, 3, 4])
    // The default vault is still the hub's own.
    expect((await world.vaults.placeFor(null)).vaultId).not.toBe(made.vaultId)
    expect(await world.vaults.vaultsWithoutRecoveryKey(world.database.em())).not.toContain(made.vaultId)
  })

  test('is not taken on of objects that are not its own, or of another kind', async () => {
    const other = await makeVault('Other')
    const refused: [object, string][] = [
      [{ ...made.body, hubKey: toBase64Url(randomBytes(32)) }, 'vault.keys-conflict'],
      [{ ...other.body, domainId: randomUUID() }, 'vault.keys-invalid'],
      [{ ...other.body, vaultFile: (made.body as { vaultFile: string }).vaultFile }, 'vault.keys-invalid'],
      [{ ...other.body, slots: (made.body as { slots: unknown }).slots }, 'vault.keys-invalid'],
      [(await makeVault('Managed', { kind: 'managed' })).body, 'vault.keys-invalid'],
      [
        (
          await makeVault('Twice', {
            secrets: [
              { kind: 'passphrase', passphrase },
              { kind: 'passphrase', passphrase },
            ],
          })
        ).body,
        'vault.keys-invalid',
      ],
      [{ ...other.body, name: 'Private' }, 'request.invalid'],
    ]
    for (const [body, code] of refused) await expect(asPerson(world, 'createVault', { body })).rejects.toMatchObject({ code })
    await asPerson(world, 'createVault', { body: other.body })
  })

  test('that was written and has no row, after a crash, is taken on by who asks again', async () => {
    await world.database.em().execute('delete from vault where id = ?', [made.vaultId])
    await world.start()
    expect(world.logged('vault.unknown')).toMatchObject([{ vaultId: made.vaultId }])
    await asPerson(world, 'createVault', { body: made.body })
    expect(await slotKinds()).toEqual([2, 3, 4])
  })

  test('keeps a backup, and gives it back; its row says what the device stated', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const files: Files = { 'a.bin': piece(), 'b.txt': piece(900) }
    const id = await agent.backUp(treeOf(files))
    expect(await rowOf(id)).toMatchObject({
      status: 'complete',
      files: 3,
      bytes: 700_000,
      host: 'ada.lan',
      system: 'linux',
      root: null,
      roots: [{ path: '/home' }],
    })
    await expectRestored(agent, id, files)
    await world.start()
    await expectRestored(agent, id, files)
    expect((await agent.open()).usableBaseSnapshots).toEqual([id])
    await expectSound()
  })

  test('refuses a snapshot of which nothing was stated', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    agent.summary = null
    await expect(agent.backUp(treeOf({ 'a.bin': piece() }))).rejects.toMatchObject({
      code: 'session.rejected',
      message: expect.stringContaining('Update the agent'),
    })
  })

  test('opens for a person with the passphrase or the words, from what the hub hands out', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const waiting = await world.enrolIn(made.vaultId, 'new')
    const handed = await asPerson<ResponseOf<Api['getKeyObjects']>>(world, 'getKeyObjects', { params: { vaultId: made.vaultId } })
    expect(handed.slots.map(({ kind }) => kind).toSorted()).toEqual(['passphrase', 'recovery-words'])
    const locked = { vaultFile: fromBase64Url(handed.vaultFile), slots: handed.slots.map(({ bytes }) => fromBase64Url(bytes)) }
    for (const secret of [{ kind: 'passphrase', passphrase } as const, { kind: 'recovery-words', words: made.words } as const]) {
      const keys = await unlockVault(nodePrimitives, locked, secret)
      expect(await keys.fingerprint(made.domainId)).toBe(await made.keys.fingerprint(made.domainId))
    }
    const objects = new Map(handed.agents.map(({ agentId, agentObject }) => [agentId, agentObject]))
    expect(objects.get(waiting.agentId)).toBeNull()
    expect((await made.keys.verifyAgentObject(fromBase64Url(objects.get(agent.agentId)!))).agentId).toBe(agent.agentId)
  })

  test('is not read by the hub: it says so wherever it is asked to', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const id = await agent.backUp(treeOf({ 'a.bin': piece() }))
    const params = { vaultId: made.vaultId }
    await expect(world.vaults.openSnapshotTree(world.database.em(), id)).rejects.toMatchObject({ code: 'vault.private' })
    await expect(asPerson(world, 'exportRecoveryKey', { params, body: {} })).rejects.toMatchObject({ code: 'vault.private' })
    await expect(asPerson(world, 'startCare', { params: { ...params, kind: 'sample' } })).rejects.toMatchObject({ code: 'vault.private' })
    expect(await asPerson(world, 'getVaultUsage', { params })).toMatchObject({
      distinct: null,
      distinctState: 'private',
      bytesLogical: 700_000,
    })
  })
})

describe('a device that joins a private vault', () => {
  const give = async (agent: TestAgent, body: object): Promise<unknown> =>
    asPerson(world, 'giveDeviceKeys', { params: { vaultId: made.vaultId, agentId: agent.agentId }, body })

  test('waits until a person lets it in, and is shown with its fingerprint', async () => {
    const agent = await world.enrolIn(made.vaultId, 'ada')
    await expect(agent.open()).rejects.toMatchObject({ code: 'vault.keys-awaited' })
    const { items } = await asPerson<{ items: object[] }>(world, 'listWaitingDevices', { params: { vaultId: made.vaultId } })
    expect(items).toMatchObject([
      { agentId: agent.agentId, domainId: made.domainId, fingerprint: expect.stringMatching(/^([0-9a-f]{4}-){4}[0-9a-f]{4}$/) },
    ])
    const body = await keysFor(made, agent)
    await give(agent, body)
    await give(agent, body)
    expect((await asPerson<{ items: object[] }>(world, 'listWaitingDevices', { params: { vaultId: made.vaultId } })).items).toEqual([])
    agent.summary = aSummary
    await agent.backUp(treeOf({ 'a.bin': piece() }))
  })

  test('is not let in with keys of another device, vault or domain, and what is there is never replaced', async () => {
    const agent = await world.enrolIn(made.vaultId, 'ada')
    const other = await world.enrolIn(made.vaultId, 'eve')
    const right = await keysFor(made, agent)
    const foreign = await keysFor(made, other)
    const tampered = JSON.parse(Buffer.from(right.agentObject, 'base64url').toString()) as object
    const forged = Buffer.from(`${JSON.stringify({ ...tampered, boxPublicKey: toBase64Url(other.publicKeys.boxPublicKey) })}\n`).toString(
      'base64url',
    )
    for (const body of [
      { ...right, agentObject: foreign.agentObject },
      { ...right, agentObject: forged },
      { ...right, sealedDomainKeys: toBase64Url(randomBytes(20)) },
      { ...right, agentObject: toBase64Url(Buffer.from('{}')) },
      await keysFor({ ...made, domainId: (await makeVault('x')).domainId }, agent).catch(() => ({
        agentObject: 'AA',
        sealedDomainKeys: 'AA',
      })),
    ])
      await expect(give(agent, body)).rejects.toMatchObject({ code: 'vault.keys-invalid' })
    await expect(agent.open()).rejects.toMatchObject({ code: 'vault.keys-awaited' })
    await give(agent, right)
    await expect(give(agent, await keysFor(made, agent))).rejects.toMatchObject({ code: 'vault.keys-conflict' })
    await agent.open()
  })

  test('of another vault, or none, is not let in; nor does it read there', async () => {
    const outsider = await world.enrol('outsider')
    await expect(give(outsider, await keysFor(made, outsider))).rejects.toMatchObject({ code: 'agent.not-found' })
    await expect(
      asPerson(world, 'giveDeviceKeys', {
        params: { vaultId: made.vaultId, agentId: AgentId.parse(randomUUID()) },
        body: await keysFor(made, outsider),
      }),
    ).rejects.toMatchObject({ code: 'agent.not-found' })
    const insider = await enrolApproved(world, made, 'ada')
    const id = await insider.backUp(treeOf({ 'a.bin': piece() }))
    await expect(outsider.open(undefined, 1, made.vaultId)).rejects.toMatchObject({ code: 'vault.not-found' })
    await expect(outsider.source(id)).rejects.toMatchObject({ code: 'snapshot.not-found' })
    const run = await outsider.startRestore(id)
    await expect(outsider.snapshotObject(run)).rejects.toMatchObject({ code: 'snapshot.not-found' })
  })

  test('that has its keys in the store, and a row that was not told, is in after the next start', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    await world.database.em().execute(`update agent set awaiting_signature = decode(repeat('00', 64), 'hex') where id = ?`, [agent.agentId])
    await world.start()
    expect(await world.agents.listWaiting(world.database.em(), made.vaultId)).toEqual([])
  })

  test('whose keys are gone waits again after the next start; of two who let it in at once one does', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const store = await storeOf()
    await store.delete(sealedKeysKey(uuidToBytes(agent.agentId)))
    await store.close()
    await world.start()
    const { items } = await asPerson<{ items: object[] }>(world, 'listWaitingDevices', { params: { vaultId: made.vaultId } })
    expect(items).toMatchObject([{ agentId: agent.agentId, boxSignature: toBase64Url(agent.publicKeys.boxSignature) }])
    const ends = await Promise.allSettled([give(agent, await keysFor(made, agent)), give(agent, await keysFor(made, agent))])
    expect(ends).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'vault.keys-conflict' } }])
    await agent.open()
  })

  test.each<[string, (agent: TestAgent, backedUp: SnapshotId) => Promise<unknown>]>([
    ['backup', (agent) => agent.open()],
    ['restore', (agent, backedUp) => agent.sourceWithKeys(backedUp)],
  ])('whose keys rot while the hub runs waits from its next %s on, and is let in again', async (_, begin) => {
    const agent = await enrolApproved(world, made, 'ada')
    const backedUp = await agent.backUp(treeOf({ 'a.bin': piece() }))
    const store = await storeOf()
    const key = sealedKeysKey(uuidToBytes(agent.agentId))
    const bytes = await store.get(key)
    bytes[60]! ^= 1
    await store.delete(key)
    await store.put(key, bytes)
    // What is nobody's keeps no device from its keys.
    await store.put('a/nobody', bytes)
    await store.close()
    await expect(begin(agent, backedUp)).rejects.toMatchObject({ code: 'vault.keys-awaited' })
    const { items } = await asPerson<{ items: object[] }>(world, 'listWaitingDevices', { params: { vaultId: made.vaultId } })
    expect(items).toMatchObject([{ agentId: agent.agentId }])
    await world.start()
    await give(agent, await keysFor(made, agent))
    await begin(agent, backedUp)
  })
})

describe('key slots', () => {
  const params = () => ({ vaultId: made.vaultId })
  const add = async (slot: { slotId: Uint8Array; bytes: Uint8Array }): Promise<unknown> =>
    asPerson(world, 'addKeySlot', { params: params(), body: { slotId: toHex(slot.slotId), bytes: toBase64Url(slot.bytes) } })
  const remove = (slotId: string): Promise<unknown> => asPerson(world, 'removeKeySlot', { params: { ...params(), slotId }, body: {} })
  const handed = () => asPerson<ResponseOf<Api['getKeyObjects']>>(world, 'getKeyObjects', { params: params() })
  const idOf = async (kind: string): Promise<string> => (await handed()).slots.find((slot) => slot.kind === kind)!.slotId

  test('are added and removed, and the last of either kind stays', async () => {
    const old = await idOf('passphrase')
    await expect(remove(old)).rejects.toMatchObject({ code: 'vault.slot-needed' })
    await expect(remove(await idOf('recovery-words'))).rejects.toMatchObject({ code: 'vault.slot-needed' })
    const next = await made.keys.addSlot({ kind: 'passphrase', passphrase: 'another one, as long as the first' })
    await add(next)
    await add(next)
    await remove(old)
    await expect(remove(old)).rejects.toMatchObject({ code: 'vault.slot-not-found' })
    await expect(remove(toHex(next.slotId))).rejects.toMatchObject({ code: 'vault.slot-needed' })
    const { vaultFile, slots } = await handed()
    const locked = { vaultFile: fromBase64Url(vaultFile), slots: slots.map(({ bytes }) => fromBase64Url(bytes)) }
    await expect(unlockVault(nodePrimitives, locked, { kind: 'passphrase', passphrase })).rejects.toMatchObject({
      code: 'key-slot.wrong-secret',
    })
    await unlockVault(nodePrimitives, locked, { kind: 'passphrase', passphrase: 'another one, as long as the first' })
  })

  test('are added and removed by nobody who cannot say the account\u2019s password', async () => {
    const currentPassword = 'correct horse battery'
    world.people.provePassword = async (_userId, _address, password) => {
      if (password !== currentPassword) throw new AppError('sign-in.failed')
    }
    const next = await made.keys.addSlot({ kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) })
    const [slotId, bytes, before] = [toHex(next.slotId), toBase64Url(next.bytes), await slotKinds()]
    const addWith = (proof: object) => asPerson(world, 'addKeySlot', { params: params(), body: { slotId, bytes, ...proof } })
    const removeWith = (body: object) => asPerson(world, 'removeKeySlot', { params: { ...params(), slotId }, body })
    for (const proof of [{}, { currentPassword: 'guessed' }]) await expect(addWith(proof)).rejects.toMatchObject({ code: 'sign-in.failed' })
    expect(await slotKinds()).toEqual(before)
    await addWith({ currentPassword })
    for (const proof of [{}, { currentPassword: 'guessed' }])
      await expect(removeWith(proof)).rejects.toMatchObject({ code: 'sign-in.failed' })
    expect(await slotKinds()).not.toEqual(before)
    await removeWith({ currentPassword })
    expect(await slotKinds()).toEqual(before)
  })

  test('one that cannot be read costs itself alone', async () => {
    const broken = await idOf('recovery-words')
    await world.start(undefined, (store) => {
      store.before = (step, key) => {
        if (step === 'get' && key === `${keySlotPrefix}${broken}`) throw new EngineError('store.io-error', 'A bad sector.')
      }
    })
    expect((await handed()).slots.map(({ kind }) => kind)).toEqual(['passphrase'])
    await expect(remove(await idOf('passphrase'))).rejects.toMatchObject({ code: 'vault.slot-needed' })
  })

  test('two at once cannot remove both of a kind', async () => {
    const next = await made.keys.addSlot({ kind: 'passphrase', passphrase: 'another one, as long as the first' })
    await add(next)
    const old = (await handed()).slots.filter(({ kind }) => kind === 'passphrase').map(({ slotId }) => slotId)
    const ends = await Promise.allSettled(old.map((id) => remove(id)))
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('of hubs are none of a person\u2019s, and those of other vaults are refused', async () => {
    const store = await storeOf()
    for await (const { key } of store.list(keySlotPrefix))
      if ((await store.get(key))[10] === 4)
        await expect(remove(key.slice(keySlotPrefix.length))).rejects.toMatchObject({ code: 'vault.slot-not-found' })
    await store.close()
    const other = await makeVault('Other')
    await expect(add(other.objects.slots[0]!)).rejects.toMatchObject({ code: 'vault.keys-invalid' })
    const [slot] = made.objects.slots
    await expect(add({ slotId: randomBytes(16), bytes: slot!.bytes })).rejects.toMatchObject({ code: 'vault.keys-invalid' })
    const changed = encodeKeySlot({ ...decodeKeySlot(slot!.bytes), nonce: randomBytes(12) })
    await expect(add({ slotId: slot!.slotId, bytes: changed })).rejects.toMatchObject({ code: 'vault.keys-conflict' })
    const { vaultId } = await world.vaults.placeFor(null)
    await expect(asPerson(world, 'removeKeySlot', { params: { vaultId, slotId: toHex(randomBytes(16)) }, body: {} })).rejects.toMatchObject(
      {
        code: 'vault.not-found',
      },
    )
  })
})

describe('a lost database', () => {
  test('is made again with the hub\u2019s secret alone; figures come back when a device has looked', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const files: Files = { 'a.bin': piece() }
    const id = await agent.backUp(treeOf(files))
    await loseVaultRows(world)
    expect(await rebuildVaults(world, { vaultId: made.vaultId })).toMatchObject({ snapshots: 1, damagedSnapshots: 0, damagedPacks: 0 })
    await world.start()
    expect(await rowOf(id)).toMatchObject({ status: null, files: null, bytes: null, system: null, plan: null, roots: [] })
    await expectSound()
    await expectRestored(agent, id, files)
    await world.vaults.care(made.vaultId, 'audit', null)
    await lookThroughAll(world, agent)
    expect(await rowOf(id)).toMatchObject({ status: 'complete', files: expect.any(Number) })
    await expectSound()
  })

  test('with the store taken on by a start, the managed vault stays the default', async () => {
    const { vaultId } = await world.vaults.placeFor(null)
    await loseVaultRows(world)
    await world.start()
    expect((await world.vaults.placeFor(null)).vaultId).toBe(vaultId)
    expect(await world.vaults.placeFor(made.vaultId)).toMatchObject({ vaultKind: 'private', domainId: made.domainId })
  })

  test('is not opened with another secret, until the words or the passphrase have given it the hub\u2019s own slot', async () => {
    const files: Files = { 'a.bin': piece() }
    const agent = await enrolApproved(world, made, 'ada')
    const id = await agent.backUp(treeOf(files))
    const { vaultId: managedId } = await world.vaults.placeFor(null)
    const storeUrl = pathToFileURL(world.storeDir).href
    for (const text of [made.words, passphrase]) {
      const secret = randomBytes(32)
      await expect(world.start(secret)).rejects.toMatchObject({ code: 'vault.wrong-key' })
      const before = await slotKinds()
      expect(await useRecoveryWords(storeUrl, { text: `${text}\n`, vaultId: made.vaultId, secret })).toEqual([
        { vaultId: made.vaultId, hubSlot: 'added' },
      ])
      expect(await useRecoveryWords(storeUrl, { text, vaultId: made.vaultId, secret })).toEqual([
        { vaultId: made.vaultId, hubSlot: 'before' },
      ])
      // Of the key of its statements, and never of the master key.
      expect(await slotKinds()).toEqual([...before, 4])
      const store = await storeOf()
      expect((await openSealedVault(store, secret)).hubKey).toEqual(made.objects.hubKey)
      await expect(openVault(store, { kind: 'hub-secret', secret })).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
      await store.close()
    }
    await expect(
      useRecoveryWords(storeUrl, { text: 'a passphrase that is none', vaultId: made.vaultId, secret: randomBytes(32) }),
    ).rejects.toMatchObject({ code: 'vault.wrong-key' })
    expect(managedId).not.toBe(made.vaultId)
    await world.start()
    await expectRestored(agent, id, files)
  })
})
