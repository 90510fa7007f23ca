// @vitest-environment node
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { browserPrimitives } from '@holdfast/engine/browser'
import { fromBase64Url, toBase64Url } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import { newRecoveryWords, openSealedDomainKeys, openSealedSelection, unlockVault } from '@holdfast/engine/unlock'
import { RestoreSelection, type SnapshotId } from '@holdfast/shared-types'
import { beforeAll, expect, test } from 'vitest'
import { ApiError } from '../../../platform/errors/api-error.ts'
import { aSealedDevice, SealedVault, type SealedDevice } from '../../../testing/sealed-vault.ts'
import type { FromProducer } from '../download/port-messages.ts'
import type { AskOf } from '../room/room-calls.ts'
import type { HubAnswers } from './hub-answers.ts'
import { problemOf } from './room-problem.ts'
import { codeOf, context, sure } from './testing/desk.ts'
import { openDesk, type Desk } from './vault-desk.ts'

const passphrase = 'seven quiet lamps above the harbour'
const film = new Uint8Array(randomBytes(9_700_000))
const sparse = new Uint8Array(1_200_000)
sparse.set(randomBytes(300), 700_000)
const many = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`note ${index}.txt`, `Note ${index}. `.repeat(40)]))
const tree = {
  home: { letters: { 'first.txt': 'Dear Ada,', 'second.txt': 'Yours, '.repeat(5000), nothing: '' }, 'film.bin': film, sparse, many },
}

let words: string
let vault: SealedVault
let device: SealedDevice
let snapshotId: SnapshotId
let asked: string[] = []
let told: Record<string, unknown>[] = []

const answers: HubAnswers = {
  async json(call, ask) {
    asked.push(call)
    told.push(ask.body as Record<string, unknown>)
    if (call === 'getKeyObjects') return { vaultFile: vault.vaultFile, slots: vault.slots, agents: vault.agents } as never
    return {} as never
  },
  async bytes(call, { params, body }) {
    asked.push(call)
    if (call === 'getStoredSnapshot') {
      const object = vault.snapshots.get(params.snapshotId)
      if (object === undefined) throw new ApiError({ code: 'snapshot.not-found' })
      return object
    }
    return call === 'locateSnapshotBlobs' ? vault.locate(body ?? new Uint8Array(0)) : vault.readSegments(body ?? new Uint8Array(0))
  },
}

beforeAll(async () => {
  words = await newRecoveryWords(browserPrimitives)
  vault = await SealedVault.make(browserPrimitives, { passphrase, words })
  device = aSealedDevice('laptop')
  await vault.letIn(device)
  snapshotId = await vault.backUp(device, tree)
})

const top = { text: '', raw: null }
const at = (text: string) => ({ text, raw: null })
/** As an honest hub lists it. */
const listed = (id = snapshotId) => ({ snapshotId: id, agentId: device.agentId })

async function unlocked(): Promise<Desk> {
  const desk = openDesk(browserPrimitives, answers)
  await desk.unlock({ vaultId: vault.id, secret: passphrase }, context())
  asked = []
  told = []
  return desk
}

/** Takes a download as the browser would: one part after the other. */
async function taken(desk: Desk, ask: Omit<AskOf<'download'>, 'port'>): Promise<Buffer> {
  const { port1, port2 } = new MessageChannel()
  const parts: Uint8Array[] = []
  const whole = new Promise<Buffer>((resolve, reject) => {
    port2.addEventListener('message', ({ data }: MessageEvent<FromProducer>) => {
      if (data.kind === 'end') resolve(Buffer.concat(parts))
      if (data.kind === 'failed') reject(new Error('It broke off.'))
      if (data.kind !== 'part') return port2.close()
      parts.push(data.bytes)
      port2.postMessage({ kind: 'next' })
    })
    port2.start()
    port2.postMessage({ kind: 'next' })
  })
  const [bytes] = await Promise.all([whole, desk.download({ ...ask, port: port1 }, context())])
  return bytes
}

/** Changes one bit. */
const flip = (bytes: Uint8Array, place: number): void => bytes.set([(bytes[place] ?? 0) ^ 1], place)

test('the passphrase opens a vault, and so do the words however they were kept; another secret is told apart from damage', async () => {
  const desk = openDesk(browserPrimitives, answers)
  const unlock = (secret: string) => desk.unlock({ vaultId: vault.id, secret }, context())
  const { fingerprint } = await unlock(passphrase)
  expect(fingerprint).toMatch(/^([0-9a-f]{4}-){4}[0-9a-f]{4}$/)
  const kit = words
    .split(' ')
    .map((word, index) => `${index + 1}. ${word.toUpperCase()}`)
    .join('\n')
  expect(await unlock(kit)).toEqual({ fingerprint })
  expect(await codeOf(unlock(`${passphrase}.`))).toBe('vault.wrong-key')
  expect(await codeOf(unlock('orbit glance velvet'))).toBe('vault.wrong-key')
  const kept = sure(vault.slots[0])
  const bytes = fromBase64Url(kept.bytes)
  flip(bytes, 0)
  vault.slots[0] = { ...kept, bytes: toBase64Url(bytes) }
  expect(await codeOf(unlock(passphrase))).toBe('vault.corrupt')
  vault.slots[0] = kept
})

test('nothing is read of a locked vault', async () => {
  const desk = openDesk(browserPrimitives, answers)
  expect(await codeOf(desk.list({ ...listed(), path: top, after: 0, limit: 10 }, context()))).toBe('vault.private')
  expect(await codeOf(desk.draftWords({}, context()).then(() => desk.keepWords({ currentPassword: undefined }, context())))).toBe(
    'vault.private',
  )
})

test('folders are listed as the hub lists its own, in parts, and what is not there is said so', async () => {
  const desk = await unlocked()
  const list = (path: { text: string; raw: null }, after = 0, limit = 1000) => desk.list({ ...listed(), path, after, limit }, context())
  expect((await list(top)).items.map(({ path }) => path)).toEqual(['/home'])
  const letters = await list(at('/home/letters'))
  expect(letters.folder).toMatchObject({ name: 'letters', type: 'folder', subtree: { files: 3, bytes: 35_009, errors: 0 } })
  expect(letters.items[0]).toEqual({
    name: 'first.txt',
    path: '/home/letters/first.txt',
    type: 'file',
    mode: 0o640,
    uid: 1000,
    gid: 1000,
    user: 'ada',
    group: 'ada',
    size: 9,
    mtimeNs: '1700000000000000000',
    symlinkTarget: null,
    deletedAtMs: null,
    subtree: null,
  })
  const page = await list(at('/home/many'), 640, 50)
  expect([page.items.length, page.total]).toEqual([50, 700])
  expect(await codeOf(list(at('/home/letters/first.txt')))).toBe('snapshot.path-not-found')
  expect(await codeOf(list(at('/home/../home')))).toBe('snapshot.path-not-found')
  expect(await desk.describe(listed(), context())).toEqual({
    status: 'complete',
    roots: [{ path: '/home' }],
    files: 705,
    folders: 3,
    bytes: expect.any(Number),
    errors: 0,
    origin: { host: 'laptop', plan: null, startedAtMs: 1, finishedAtMs: 2, seq: 1 },
  })
})

test('a file arrives whole, holes and all, and no faster than it is taken', async () => {
  const desk = await unlocked()
  const file = (path: string) => ({ ...listed(), choice: { kind: 'file' as const, path: at(path) } })
  expect((await desk.downloadSize(file('/home/film.bin'), context())).sizeBytes).toBe(film.length)
  expect((await taken(desk, file('/home/film.bin'))).equals(film)).toBe(true)
  expect((await taken(desk, file('/home/sparse'))).equals(sparse)).toBe(true)
  expect((await taken(desk, file('/home/letters/nothing'))).length).toBe(0)
  asked = []
  const { port1, port2 } = new MessageChannel()
  const ending = new AbortController()
  const download = desk.download({ ...file('/home/film.bin'), port: port1 }, { signal: ending.signal, tellProgress: () => undefined })
  const first = new Promise((resolve) => port2.addEventListener('message', resolve))
  port2.start()
  port2.postMessage({ kind: 'next' })
  await first
  await new Promise((wait) => setTimeout(wait, 300))
  // Two batches of 8 MiB at most are there before anybody asks for the second part; the film has more pieces than one request.
  expect(asked.filter((call) => call === 'readSnapshotSegments').length).toBeLessThanOrEqual(2)
  ending.abort()
  expect(await codeOf(download)).toBe('run.cancelled')
  port2.close()
})

test('a look reads the beginning and no more', async () => {
  const desk = await unlocked()
  const start = await desk.readStart({ ...listed(), path: at('/home/letters/second.txt'), mostBytes: 14 }, context())
  expect(Buffer.from(start).toString()).toBe('Yours, Yours, ')
  expect(await codeOf(desk.readStart({ ...listed(), path: at('/home'), mostBytes: 1 }, context()))).toBe('snapshot.not-a-file')
})

test('a folder arrives as a zip that other programs unpack, in few requests', async () => {
  const desk = await unlocked()
  const zip = (names: readonly string[] | null, path: string) => ({
    ...listed(),
    choice: { kind: 'zip' as const, path: at(path), names: names?.map((name) => Buffer.from(name)) ?? null, withDeleted: false },
  })
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-zip-'))
  try {
    const whole = join(folder, 'whole.zip')
    writeFileSync(whole, await taken(desk, zip(null, '/home')))
    expect(asked.filter((call) => call !== 'getStoredSnapshot' && call !== 'getKeyObjects').length).toBeLessThan(40)
    execFileSync('unzip', ['-q', whole, '-d', join(folder, 'out')])
    expect(readFileSync(join(folder, 'out/home/film.bin')).equals(film)).toBe(true)
    expect(readFileSync(join(folder, 'out/home/sparse')).equals(sparse)).toBe(true)
    expect(readFileSync(join(folder, 'out/home/many/note 699.txt'), 'utf8')).toBe('Note 699. '.repeat(40))
    // Read from its start, as a program does that cannot go back.
    execFileSync('bsdtar', ['-xf', '-', '-C', folder], { input: readFileSync(whole) })
    expect(readFileSync(join(folder, 'home/letters/second.txt'), 'utf8')).toBe('Yours, '.repeat(5000))
    const some = join(folder, 'some.zip')
    writeFileSync(some, await taken(desk, zip(['first.txt', 'nothing'], '/home/letters')))
    expect(execFileSync('unzip', ['-Z1', some], { encoding: 'utf8' })).toBe('first.txt\nnothing\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what was changed, or put in the place of something else, is refused and never shown', async () => {
  const segments = [...vault.segments.values()]
  const original = segments.map(({ bytes }) => bytes)
  const restore = (): void => segments.forEach((segment, index) => (segment.bytes = sure(original[index])))
  const list = async () => (await unlocked()).list({ ...listed(), path: at('/home/letters'), after: 0, limit: 10 }, context())
  for (const segment of segments) {
    segment.bytes = segment.bytes.slice()
    flip(segment.bytes, 60)
  }
  expect(await codeOf(list())).toBe('vault.corrupt')
  restore()
  // The right bytes under another piece's name.
  const places = [...vault.locations.entries()]
  for (const [index, [name]] of places.entries()) vault.locations.set(name, sure(places[(index + 1) % places.length])[1])
  expect(await codeOf(list())).toBe('vault.corrupt')
  for (const [name, place] of places) vault.locations.set(name, place)
  expect((await list()).items).toHaveLength(3)
})

test('damage in the middle of a download breaks it off: what came is not taken for the whole', async () => {
  const desk = await unlocked()
  // The film comes first: this is its last piece but some.
  const late = sure([...vault.segments.values()].filter(({ bytes }) => bytes.length > 200_000)[35])
  const original = late.bytes
  late.bytes = original.slice()
  flip(late.bytes, 1000)
  const ofFilm = { ...listed(), choice: { kind: 'file' as const, path: at('/home/film.bin') } }
  const outcome = () =>
    taken(desk, ofFilm).then(
      () => 'whole',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    )
  expect(await outcome()).toMatch(/broke off|do not verify/)
  late.bytes = original
  expect(await outcome()).toBe('whole')
})

test('a snapshot that its device did not sign, or of another id, is refused', async () => {
  const object = sure(vault.snapshots.get(snapshotId))
  const desk = await unlocked()
  const list = (id: SnapshotId) => codeOf(desk.list({ ...listed(id), path: top, after: 0, limit: 1 }, context()))
  const other = 'ab'.repeat(16) as SnapshotId
  vault.snapshots.set(other, object)
  expect(await list(other)).toBe('vault.corrupt')
  const forged = object.slice()
  flip(forged, forged.length - 1)
  vault.snapshots.set(snapshotId, forged)
  expect(await list(snapshotId)).toBe('vault.corrupt')
  vault.snapshots.set(snapshotId, object)
  // A device that the hub made up: its keys are well, and nobody with the vault's keys vouches for them.
  const [honest] = vault.agents.splice(0, 1)
  const strangers = await SealedVault.make(browserPrimitives, { passphrase, words })
  await strangers.letIn(device)
  vault.agents.push(sure(strangers.agents[0]))
  expect(await list(snapshotId)).toBe('vault.corrupt')
  vault.agents.splice(0, 1, sure(honest))
  expect(await list(snapshotId)).toBe('nothing went wrong')
})

test('a snapshot is read as that of the device that signed it, whatever device the hub lists it under', async () => {
  const desk = await unlocked()
  const other = aSealedDevice('desktop')
  await vault.letIn(other)
  const swapped = { ...listed(), agentId: other.agentId }
  expect(await codeOf(desk.list({ ...swapped, path: top, after: 0, limit: 1 }, context()))).toBe('vault.corrupt')
  expect(await codeOf(desk.describe(swapped, context()))).toBe('vault.corrupt')
  expect(await codeOf(desk.downloadSize({ ...swapped, choice: { kind: 'file', path: at('/home/film.bin') } }, context()))).toBe(
    'vault.corrupt',
  )
  expect(await codeOf(desk.describe(listed(), context()))).toBe('nothing went wrong')
})

test('a device is let in with keys that it alone can open', async () => {
  const desk = await unlocked()
  const fresh = aSealedDevice('new one')
  const { agentId, signPublicKey, boxPublicKey, boxSignature, enrolledAtMs } = fresh
  const offered = { agentId, signPublicKey, boxPublicKey, boxSignature, enrolledAtMs }
  const { fingerprint } = await desk.deviceFingerprint({ device: offered }, context())
  expect(fingerprint).toMatch(/^([0-9a-f]{4}-){4}[0-9a-f]{4}$/)
  await desk.approveDevice({ device: offered, fingerprint }, context())
  const { agentObject, sealedDomainKeys } = told.at(-1) as { agentObject: string; sealedDomainKeys: string }
  expect(await vault.keys.verifyAgentObject(fromBase64Url(agentObject))).toMatchObject({ agentId, domainId: vault.domainId, boxPublicKey })
  const keys = await vault.keys.domainKeys(vault.domainId)
  const address = { vaultId: keys.vaultId, domainId: keys.domainId, keyEpoch: 1, agentId: uuidToBytes(agentId) }
  expect(await openSealedDomainKeys(browserPrimitives, address, fresh.boxPrivateKey, fromBase64Url(sealedDomainKeys))).toEqual(keys)
  const crossed = { ...offered, boxPublicKey: aSealedDevice('x').boxPublicKey }
  const ofCrossed = await desk.deviceFingerprint({ device: crossed }, context())
  expect(await codeOf(desk.approveDevice({ device: crossed, ...ofCrossed }, context()))).toBe('vault.corrupt')
})

test('keys that a hub puts in the place of compared ones are not let in, nor told anything', async () => {
  const desk = await unlocked()
  const [seen, swapped] = [aSealedDevice('new one'), aSealedDevice('new one')]
  const { fingerprint } = await desk.deviceFingerprint({ device: seen }, context())
  expect(await codeOf(desk.approveDevice({ device: { ...swapped, agentId: seen.agentId }, fingerprint }, context()))).toBe(
    'vault.keys-invalid',
  )
  expect(asked).toEqual([])
})

test('a restore is sealed whole, for that device and this order alone', async () => {
  const desk = await unlocked()
  const restore: RestoreSelection = {
    snapshotId,
    target: { path: '/tmp/back' },
    flat: false,
    paths: [{ path: '/home/letters' }, { path: '/home/\ufffd', pathBase64: 'L2j/' }],
    include: ['*.txt'],
    conflict: 'skip',
    dryRun: true,
    withDeleted: true,
  }
  const { sealedSelection } = await desk.sealRestore({ agentId: device.agentId, restore }, context())
  const order = fromBase64Url(sealedSelection)
  expect(Buffer.from(order).includes('letters')).toBe(false)
  const to = { agentId: uuidToBytes(device.agentId), boxPrivateKey: device.boxPrivateKey }
  const keys = await vault.keys.domainKeys(vault.domainId)
  const { plain } = await openSealedSelection(browserPrimitives, keys, to, order)
  expect(RestoreSelection.parse(JSON.parse(Buffer.from(plain).toString()))).toEqual(restore)
  expect(await codeOf(desk.sealRestore({ agentId: aSealedDevice('x').agentId, restore }, context()))).toBe('vault.keys-awaited')
})

test('what a new vault sends to the hub opens with the passphrase and the words that were shown, and tells neither', async () => {
  const desk = openDesk(browserPrimitives, answers)
  told = []
  const draft = await desk.draft({ passphrase }, context())
  expect([draft.words.length, told]).toEqual([24, []])
  await desk.create({ name: 'Mine', currentPassword: 'secret of the account' }, context())
  const body = told[0] as { vaultId: string; vaultFile: string; slots: { bytes: string }[]; hubKey: string; currentPassword: string }
  expect(body).toMatchObject({ name: 'Mine', vaultId: draft.vaultId, currentPassword: 'secret of the account' })
  // Names of fields are ours, and some are words of the list too.
  const sent = JSON.stringify(body).replaceAll(/"\w+":/g, '')
  for (const secret of [passphrase, ...draft.words.filter((word) => word.length > 5)]) expect(sent).not.toContain(secret)
  const locked = { vaultFile: fromBase64Url(body.vaultFile), slots: body.slots.map(({ bytes }) => fromBase64Url(bytes)) }
  const keys = await unlockVault(browserPrimitives, locked, { kind: 'passphrase', passphrase })
  expect(await keys.fingerprint(sure(keys.file.domains[0]).id)).toBe(draft.fingerprint)
  expect(toBase64Url(keys.hubKey)).toBe(body.hubKey)
  await unlockVault(browserPrimitives, locked, { kind: 'recovery-words', words: draft.words.join(' ') })
})

test('problems that travel to the page say what a person can read, and nothing of files', () => {
  expect(problemOf(new TypeError('x is not a function')).code).toBe('internal')
  expect(problemOf(new ApiError({ code: 'access.denied', message: 'No.', cure: 'Ask.', status: 403 }))).toEqual({
    code: 'access.denied',
    message: 'No.',
    cure: 'Ask.',
    status: 403,
  })
})
