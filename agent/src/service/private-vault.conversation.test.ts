import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64Url } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import { sealSelection } from '@holdfast/engine/unlock'
import { nodePrimitives } from '@holdfast/engine/vault'
import { MeasurementId, RunId, type RestoreSelection, type RunRequest, type VaultKind, type VerifyResult } from '@holdfast/shared-types'
import { afterEach, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice, type LinkedDevice } from '../../test/a-linked-device.ts'
import { aService, anEnrolledAgent } from '../../test/an-agent.ts'
import { aBackupOf, endOf, snapshotOf } from '../../test/a-run.ts'
import type { Report } from '../../test/fake-hub.ts'
import { FakeVault } from '../../test/fake-vault.ts'
import { loadEnrolledAgent } from '../identity/identity.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let all: LinkedDevice
const begin = async (kind: VaultKind): Promise<void> => {
  all = await startLinkedDevice(kind)
}
afterEach(() => stopLinkedDevice(all))

const run = async (request: RunRequest): Promise<Report['body'] & { runId: string }> => {
  const runId = await all.hub.begin(request)
  return { ...(await endOf(all.hub, runId)).body, runId }
}
const backUp = (): Promise<Report['body'] & { runId: string }> => run(aBackupOf(all.hub, all.sources))
const snapshotIn = (body: Report['body']) => snapshotOf({ id: '', type: 'run.finished', body })

type Restore = Extract<RunRequest, { kind: 'restore' }>

/** A restore as a browser orders it that has unlocked the vault, or this device's own command line: with nothing in the clear that was chosen. */
async function sealedRestore({ kind, include = [], ...order }: Restore): Promise<Restore> {
  const { paths, ...open } = order
  return { kind, ...open, paths: [], sealedSelection: await sealed({ ...order, paths, ...(include.length === 0 ? {} : { include }) }) }
}

async function sealed(selection: RestoreSelection, options: { vault?: FakeVault; agentId?: string } = {}): Promise<string> {
  const { hub, device } = all
  const { vault = hub.vault, agentId = device.agent.identity.agentId } = options
  const boxPublicKey = hub.devices.get(device.agent.identity.agentId)!.boxKey
  const plain = Buffer.from(JSON.stringify(selection))
  return toBase64Url(await sealSelection(nodePrimitives, vault.keys, { agentId: uuidToBytes(agentId), boxPublicKey }, plain))
}

const word = (): string => `z${randomBytes(9).toString('hex')}`

/** Every word of it is in a name or in a content, and nowhere else. */
interface Tree {
  readonly names: {
    readonly folder: string
    readonly large: string
    readonly small: string
    readonly leftOut: string
    readonly link: string
    readonly odd: string
  }
  readonly contents: readonly string[]
}

function makeTree(): Tree {
  const names = { folder: word(), large: word(), small: word(), leftOut: word(), link: word(), odd: word() }
  const contents = [word(), word()]
  const folder = join(all.sources, names.folder)
  mkdirSync(folder)
  writeFileSync(join(folder, names.large), Buffer.concat([Buffer.from(contents[0]!), randomBytes(1_500_000)]))
  writeFileSync(join(folder, names.small), contents[1]!)
  writeFileSync(join(folder, `${names.leftOut}.tmp`), randomBytes(5_000))
  symlinkSync(`/nowhere/${names.link}`, join(folder, 'link'))
  // Not UTF-8, with what JSON, terminals and addresses write in another way.
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/ "\\ü\n?%`), Buffer.from([0xff]), Buffer.from(names.odd)]), 'odd')
  return { names, contents }
}

/** A device through all that can go wrong with paths in it. @returns how its runs ended */
async function everythingWithPaths({ names }: Tree): Promise<Map<string, unknown>> {
  const { hub, folder, sources } = all
  const ends = new Map<string, unknown>()
  const isPrivate = hub.vaultKind === 'private'
  hub.handlers.set('host.measured', () => ({ goOn: true }))
  const note = async (name: string, request: RunRequest): Promise<Report['body']> => {
    const end = await run(request)
    ends.set(name, end['outcome'])
    return end
  }

  const first = await note('backup', { ...aBackupOf(hub, sources), exclude: ['*.tmp'] } as RunRequest)
  const snapshotId = snapshotIn(first)
  const small = join(sources, names.folder, names.small)
  const target = join(folder.path, 'target')
  mkdirSync(target)
  const restore = (path: string | null, modes: Partial<Restore> = {}): Restore | Promise<Restore> => {
    const paths = path === null ? [] : [{ path }]
    const order: Restore = { kind: 'restore', snapshotId, target: { path: target }, flat: false, paths, ...modes }
    return isPrivate ? sealedRestore(order) : order
  }
  await note('restore of one file', await restore(small))
  await note('restore of what is not there', await restore(join(sources, word())))
  await note('dry run', await restore(join(sources, names.folder), { dryRun: true, include: [`${names.large}*`] }))
  // A file stands where a folder belongs, and keeps what is below it from coming back.
  rmSync(join(target, sources, names.folder), { recursive: true })
  writeFileSync(join(target, sources, names.folder), 'in the way')
  await note('restore with something in the way', await restore(null, { conflict: 'skip' }))

  writeFileSync(small, 'x'.repeat(readFileSync(small).length))
  utimesSync(small, 1_700_000_000, 1_700_000_000)
  const second = await note('second backup', aBackupOf(hub, sources, true))
  writeFileSync(small, 'y'.repeat(readFileSync(small).length))
  utimesSync(small, 1_700_000_000, 1_700_000_000)
  await note('drill', { kind: 'verify', snapshotId: snapshotIn(second), sample: { files: 100, seed: '0123456789abcdef' } })

  rmSync(small)
  mkdirSync(small)
  hub.keepBase = { snapshotId: snapshotIn(second), isNewest: true }
  hub.usableBaseSnapshots = [snapshotIn(second)]
  hub.readAgain = isPrivate ? [] : [{ path: join(sources, names.folder, names.large) }]
  await note('backup that keeps deleted files', { ...aBackupOf(hub, sources), deletedFiles: 'keep' } as RunRequest)
  hub.keepBase = undefined

  await note('audit', { kind: 'verify', snapshotId, audit: true })
  hub.vault.loseSegments(200_000)
  await note('verification of what is damaged', { kind: 'verify', snapshotId })
  await note('restore of what is damaged', await restore(join(sources, names.folder, names.large)))

  await hub.command('host.list', { path: { path: join(sources, names.folder) }, after: null, limit: 100 })
  await hub.command('host.list', { path: { path: join(sources, word()) }, after: null, limit: 100 })
  const measurementId = MeasurementId.parse(randomUUID())
  await hub.command('host.measure', { measurementId, request: { sources: [{ path: sources }], exclude: ['*.tmp'] } })
  const measured = await hub.until(
    () => hub.reports('host.measured').find(({ body }) => (body['sample'] as { phase?: string } | null)?.phase === 'done'),
    'the last figures',
  )
  ends.set('measured', (measured.body['sample'] as { files: number }).files)
  return ends
}

const expectedEnds = [
  ['backup', 'succeeded'],
  ['restore of one file', 'succeeded'],
  ['restore of what is not there', 'failed'],
  ['dry run', 'succeeded'],
  ['restore with something in the way', 'warning'],
  ['second backup', 'succeeded'],
  ['drill', 'warning'],
  ['backup that keeps deleted files', 'succeeded'],
  ['audit', 'succeeded'],
  ['verification of what is damaged', 'failed'],
  ['restore of what is damaged', 'failed'],
  ['measured', 2],
]

test('no name and no content leaves for the hub of a private vault, whatever goes wrong, and the device knows them all', async () => {
  await begin('private')
  const tree = makeTree()
  expect([...(await everythingWithPaths(tree))]).toEqual(expectedEnds)
  expect(all.hub.traffic.bytes.length).toBeGreaterThan(1_500_000)
  expect(all.hub.traffic.wordsIn([...Object.values(tree.names), ...tree.contents])).toEqual([])
  // What it keeps for itself has them.
  const own = readdirSync(all.device.folders.runLogsFolder).map((name) =>
    readFileSync(join(all.device.folders.runLogsFolder, name), 'utf8'),
  )
  expect(own.length).toBe(expectedEnds.length - 1)
  expect(own.some((text) => text.includes(tree.names.small) && text.includes('source.differs'))).toBe(true)
  expect(own.some((text) => text.includes(tree.names.large) && text.includes('vault.corrupt'))).toBe(true)
  expect(own.some((text) => text.includes('"action":"create"'))).toBe(true)
})

test('of a managed vault the same is all told, so that the search above finds what there is to find', async () => {
  await begin('managed')
  const tree = makeTree()
  expect([...(await everythingWithPaths(tree))]).toEqual(expectedEnds)
  const { names, contents } = tree
  expect(all.hub.traffic.wordsIn([...Object.values(names), ...contents]).toSorted()).toEqual(Object.values(names).toSorted())
  expect(all.hub.traffic.wordsIn([all.sources])).toEqual([all.sources])
  expect(readdirSync(all.device.folders.home)).not.toContain('vault-pin.json')
})

const refusedKeys = { outcome: 'failed', result: null, error: { code: 'vault.keys-changed' } }

test('a hub that offers other keys, another vault or a managed one gets nothing, also after a restart of the agent', async () => {
  await begin('private')
  const tree = makeTree()
  const good = await backUp()
  expect(good['outcome']).toBe('succeeded')
  const { hub } = all
  const stored = hub.vault.packs.size
  const { agentId } = all.device.agent.identity
  const boxKey = hub.devices.get(agentId)!.boxKey
  const offer = (vault: FakeVault, kind: { vaultKind?: VaultKind }): void => {
    const opened = async (): Promise<unknown> => ({
      sessionId: randomUUID(),
      domainId: vault.domainId,
      keyEpoch: 1,
      sealedDomainKeys: await vault.sealedKeysFor(agentId, boxKey),
      usableBaseSnapshots: [],
      hasBlobs: false,
      nextSnapshotSeq: 2,
      ...kind,
    })
    hub.handlers.set('session.open', opened)
  }
  const forged = new FakeVault(hub.vault)
  offer(forged, { vaultKind: 'private' })
  expect(await backUp()).toMatchObject(refusedKeys)
  offer(hub.vault, {})
  expect(await backUp()).toMatchObject(refusedKeys)
  offer(hub.vault, { vaultKind: 'managed' })
  expect(await backUp()).toMatchObject(refusedKeys)
  const other = new FakeVault()
  offer(other, { vaultKind: 'private' })
  expect(await run({ ...aBackupOf(hub, all.sources), vaultId: other.vaultId } as RunRequest)).toMatchObject(refusedKeys)

  await all.service.close()
  all = { ...all, service: await aService({ ...all.device, agent: await loadEnrolledAgent(all.device.folders) }) }
  await all.service.link.whenConnected()
  offer(forged, { vaultKind: 'private' })
  const refused = await backUp()
  expect(refused).toMatchObject(refusedKeys)
  // The fingerprints are for the person at the device.
  expect(JSON.stringify(refused['error'])).not.toMatch(/[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}/)
  expect(hub.vault.packs.size).toBe(stored)
  hub.handlers.delete('session.open')
  expect(await backUp()).toMatchObject({ outcome: 'succeeded' })
  expect(hub.traffic.wordsIn([...Object.values(tree.names), ...tree.contents])).toEqual([])
})

test('the fingerprint that was said when the device was enrolled stands against the first keys', async () => {
  await begin('private')
  makeTree()
  const home = join(all.folder.path, 'second')
  const device = await anEnrolledAgent(all.hub, home, { vaultFingerprint: '0000-0000-0000-0000-0000' })
  await all.service.close()
  all = { ...all, device, service: await aService(device) }
  await all.service.link.whenConnected()
  expect(await backUp()).toMatchObject(refusedKeys)
  expect(all.hub.vault.packs.size).toBe(0)
})

test('a device that was enrolled before there were private vaults takes the first word of it, and tells no name from then on', async () => {
  await begin('managed')
  const tree = makeTree()
  all.hub.vaultKind = 'private'
  expect(await backUp()).toMatchObject({ outcome: 'succeeded' })
  expect(await all.hub.command('host.list', { path: { path: all.sources }, after: null, limit: 10 })).toMatchObject({
    ok: false,
    error: { code: 'vault.private' },
  })
  all.hub.vaultKind = 'managed'
  expect(await backUp()).toMatchObject(refusedKeys)
  expect(all.hub.traffic.wordsIn(Object.values(tree.names))).toEqual([])
})

test('the commit says what a hub cannot look up, and one of a managed vault does not', async () => {
  await begin('private')
  makeTree()
  const queries: string[] = []
  all.hub.onHttp = (method, path, query) => {
    if (method === 'POST' && path.endsWith('/commit')) queries.push(query.toString())
  }
  await backUp()
  expect(Object.fromEntries(new URLSearchParams(queries[0]))).toEqual({
    fence: '1',
    status: 'complete',
    files: '4',
    folders: expect.any(String) as string,
    bytes: expect.any(String) as string,
    errors: '0',
    filesNew: '4',
    filesChanged: '0',
  })
})

test('an audit asks for all that the lists name, and names what is lacking by its id alone', async () => {
  await begin('private')
  makeTree()
  const { hub } = all
  const snapshotId = snapshotIn(await backUp())
  const request = { kind: 'verify', snapshotId, audit: true } as const
  const sound = (await run(request))['result'] as VerifyResult
  expect(sound).toMatchObject({ problems: 0, audit: { missing: [], isWhole: true, summary: { status: 'complete', files: 4, errors: 0 } } })
  expect(sound.blobsChecked).toBeGreaterThan(3)
  const forgotten = hub.vault.forgetBlobs(200_000)
  const lacking = await run(request)
  expect(lacking).toMatchObject({ outcome: 'failed', error: { code: 'vault.corrupt' }, result: { problems: forgotten.length } })
  expect((lacking['result'] as VerifyResult).audit).toMatchObject({ isWhole: true })
  expect((lacking['result'] as VerifyResult).audit?.missing.toSorted()).toEqual(forgotten.toSorted())
  // Without its top nothing is known of what is below: nothing may be condemned on that word.
  hub.vault.forgetBlobs(0)
  expect((await run(request))['result']).toMatchObject({ audit: { isWhole: false } })
})

test('an audit reads none of the content', async () => {
  await begin('private')
  makeTree()
  const snapshotId = snapshotIn(await backUp())
  all.hub.vault.loseSegments(200_000)
  expect(await run({ kind: 'verify', snapshotId, audit: true })).toMatchObject({ outcome: 'succeeded' })
})

const refusedOrder = { outcome: 'failed', result: null, error: { code: 'restore.order-changed' } }

/** A snapshot, and the restore of one of its files that a person orders. */
async function oneFileBack(): Promise<Restore> {
  await begin('private')
  const { names } = makeTree()
  const snapshotId = snapshotIn(await backUp())
  const target = join(all.folder.path, 'target')
  mkdirSync(target)
  const paths = [{ path: join(all.sources, names.folder, names.small) }]
  return { kind: 'restore', snapshotId, target: { path: target }, flat: false, paths }
}

test('what a person chose is opened by the device it was sealed to, for one run, and by nobody without the domain’s keys', async () => {
  const order = await oneFileBack()
  const { hub } = all
  const open: Restore = { ...order, paths: [] }
  const { kind: _, ...choice } = order
  const refused = refusedOrder

  const sealedSelection = await sealed(choice)
  expect(await run({ ...open, sealedSelection })).toMatchObject({ outcome: 'succeeded', result: { filesWritten: 1 } })
  // The same order again is another run.
  expect(await run({ ...open, sealedSelection })).toMatchObject(refused)
  expect(await run({ ...open, sealedSelection: await sealed(choice, { agentId: randomUUID() }) })).toMatchObject(refused)
  // A hub knows the device's public key, and not the domain's keys.
  expect(await run({ ...open, sealedSelection: await sealed(choice, { vault: new FakeVault(hub.vault) }) })).toMatchObject(refused)
  const nonceOfAnother = Buffer.from(await sealed(choice), 'base64url')
  nonceOfAnother.set(randomBytes(16))
  expect(await run({ ...open, sealedSelection: nonceOfAnother.toString('base64url') })).toMatchObject(refused)
  const notPaths = { ...choice, paths: [{ path: 7 }] } as unknown as RestoreSelection
  expect(await run({ ...open, sealedSelection: await sealed(notPaths) })).toMatchObject(refused)
  const notWhole = { paths: choice.paths } as unknown as RestoreSelection
  expect(await run({ ...open, sealedSelection: await sealed(notWhole) })).toMatchObject(refused)

  const inTheClear = { outcome: 'failed', result: null, error: { code: 'vault.private' } }
  expect(await run(order)).toMatchObject(inTheClear)
  expect(await run({ ...open, include: ['*.pdf'] })).toMatchObject(inTheClear)
  expect(await run({ ...order, sealedSelection: await sealed({ ...choice, paths: [] }) })).toMatchObject(inTheClear)
  // Everything is not the hub's to order either.
  expect(await run(open)).toMatchObject(inTheClear)
  expect(await run(await sealedRestore(open))).toMatchObject({ outcome: 'succeeded', result: { filesRequested: 4 } })
})

test('what was sealed for one place is brought to no other, and nothing is written before that is seen', async () => {
  const order = await oneFileBack()
  const elsewhere = join(all.folder.path, 'elsewhere')
  mkdirSync(elsewhere)
  const request = await sealedRestore(order)
  expect(await run({ ...request, target: { path: elsewhere } })).toMatchObject(refusedOrder)
  expect(await run({ ...request, target: null, conflict: 'overwrite' })).toMatchObject(refusedOrder)
  expect([...readdirSync(elsewhere), ...readdirSync(join(all.folder.path, 'target'))]).toEqual([])
  // What was refused has not used it up.
  expect(await run(request)).toMatchObject({ outcome: 'succeeded', result: { filesWritten: 1 } })
})

test('a run that has ended is not carried out again, neither as it was nor with another order', async () => {
  const order = await oneFileBack()
  const request = await sealedRestore(order)
  const { runId, ...first } = await run(request)
  expect(first).toMatchObject({ outcome: 'succeeded' })
  const file = join(all.folder.path, 'target', order.paths[0]!.path)
  writeFileSync(file, 'written since')
  const reportsBefore = all.hub.reports('run.finished').length
  await all.hub.offer(request, { runId: RunId.parse(runId), fence: 2 })
  const second = await all.hub.until(() => all.hub.reports('run.finished')[reportsBefore], 'the end of the run that came again')
  expect(second.body).toMatchObject({ ...refusedOrder, runId })
  expect(readFileSync(file, 'utf8')).toBe('written since')
})

test('a sealed choice means nothing in a managed vault', async () => {
  await begin('managed')
  makeTree()
  const snapshotId = snapshotIn(await backUp())
  const order: Restore = { kind: 'restore', snapshotId, target: { path: join(all.folder.path, 't') }, flat: false, paths: [] }
  expect(await run(await sealedRestore(order))).toMatchObject({ outcome: 'failed', error: { code: 'request.invalid' } })
})
