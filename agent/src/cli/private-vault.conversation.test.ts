import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, SnapshotId, type Run } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdfast, holdfastAt, type Ended } from '../../test/a-command-line.ts'
import { startLinkedDevice, stopLinkedDevice, type LinkedDevice } from '../../test/a-linked-device.ts'
import { anEnrolledAgent } from '../../test/an-agent.ts'
import { showSnapshot, takeRuns } from '../../test/a-scripted-run.ts'
import { hostFacts } from '../identity/host-facts.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let all: LinkedDevice
let orders: unknown[]
let names: { readonly folder: string; readonly file: string; readonly lost: string }

beforeEach(async () => {
  all = await startLinkedDevice('private')
  process.env['HOLDFAST_AGENT_HOME'] = all.device.folders.home
  orders = takeRuns(all.hub, all.device)
  const word = (): string => `z${randomBytes(9).toString('hex')}`
  names = { folder: word(), file: word(), lost: word() }
  mkdirSync(join(all.sources, names.folder))
  writeFileSync(join(all.sources, names.folder, names.file), 'content')
  writeFileSync(join(all.sources, names.folder, names.lost), randomBytes(400_000))
})
afterEach(async () => {
  delete process.env['HOLDFAST_AGENT_HOME']
  expect(all.hub.traffic.wordsIn(Object.values(names))).toEqual([])
  await stopLinkedDevice(all)
})

const documentOf = ({ out }: Ended): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>

async function backUp(): Promise<void> {
  const { snapshotId } = documentOf(await holdfast('backup', all.sources, '--json'))
  showSnapshot(all.hub, all.device, SnapshotId.parse(snapshotId))
}

test('what is in a snapshot is listed by the device itself, and the hub hears no path', async () => {
  await backUp()
  const listed = await holdfast('ls', 'latest', join(all.sources, names.folder))
  expect(listed).toMatchObject({ status: 0, err: '' })
  expect(listed.out).toContain(names.file)
  expect(JSON.parse((await holdfast('ls', 'latest', join(all.sources, names.folder, names.file), '--json')).out)).toMatchObject([
    { path: join(all.sources, names.folder, names.file), type: 'file', size: 7 },
  ])
  expect(await holdfast('ls', 'latest', '/nowhere')).toMatchObject({
    status: 4,
    err: expect.stringContaining('nothing at this path') as string,
  })
})

test('what is chosen on the command line goes out sealed, and comes back', async () => {
  await backUp()
  const target = join(all.folder.path, 'target')
  mkdirSync(target)
  const path = join(all.sources, names.folder, names.file)
  const restored = await holdfast('restore', 'latest', path, '--include', `*${names.file.slice(3)}`, '--target', target, '--json')
  expect(documentOf(restored)).toMatchObject({ status: 'succeeded', filesRequested: 1, filesWritten: 1 })
  expect(readFileSync(join(target, path), 'utf8')).toBe('content')
  expect(orders.at(-1)).toEqual({
    kind: 'restore',
    snapshotId: expect.any(String) as string,
    target: { path: target },
    flat: false,
    paths: [],
    sealedSelection: expect.stringMatching(/^[\w-]{100,}$/) as string,
  })
})

test('a restore that waits already is taken where the very same is sealed in it, and no other one', async () => {
  await backUp()
  const target = join(all.folder.path, 'target')
  mkdirSync(target)
  const path = join(all.sources, names.folder, names.file)
  const restore = (...args: string[]): Promise<Ended> => holdfast('restore', 'latest', ...args, '--target', target, '--json')
  const { runId } = documentOf(await restore(path)) as { runId: string }
  const { hub, device } = all
  const told = hub.scripted.get(`GET /api/v1/runs/${runId}`)?.(new URLSearchParams(), Buffer.alloc(0)) as Run
  hub.scripted.set(`POST /api/v1/devices/${device.agent.identity.agentId}/runs`, () => {
    throw new AppError('run.already-active')
  })
  hub.scripted.set('GET /api/v1/runs', () => ({ items: [{ ...told, state: 'queued' }] }))
  expect(documentOf(await restore(path))).toMatchObject({ runId, status: 'succeeded' })
  for (const other of [[], [path, '--dry-run']])
    expect(documentOf(await restore(...other))).toMatchObject({ error: { code: 'run.already-active' } })
})

test('all of a snapshot is ordered sealed as well, and a question before the original place names what it holds', async () => {
  await backUp()
  const questions: string[] = []
  const ask = (question: string): Promise<string> => {
    questions.push(question)
    return Promise.resolve('y')
  }
  expect((await holdfastAt(ask, ['restore', 'latest', '--original'])).status).toBe(0)
  expect(questions[0]).toContain(`  ${all.sources}\n`)
  expect(orders.at(-1)).toEqual({
    kind: 'restore',
    snapshotId: expect.any(String) as string,
    target: null,
    flat: false,
    paths: [],
    sealedSelection: expect.stringMatching(/^[\w-]{100,}$/) as string,
  })
})

test('the person at the device is told every path and reason, in the summary, the document and the log', async () => {
  await backUp()
  const path = join(all.sources, names.folder, names.lost)
  const dryRun = ['restore', 'latest', path, '--target', join(all.folder.path, 'target'), '--dry-run']
  expect((await holdfast(...dryRun)).out).toContain(`would write ${path}\n`)
  expect(documentOf(await holdfast(...dryRun, '--json'))['plan']).toContainEqual({ path, action: 'create' })
  all.hub.vault.loseSegments(200_000)
  const verified = await holdfast('verify')
  expect(verified.out).toContain(path)
  expect(verified.err).toContain(`warn: ${path}: `)
  expect(verified.out).toContain('The snapshot is not whole: 1 problem was found.')
  expect(documentOf(await holdfast('verify', '--json'))).toMatchObject({
    status: 'failed',
    warnings: [{ path, code: 'vault.corrupt' }],
    error: { code: 'vault.corrupt', message: 'The snapshot is not whole: 1 problem was found.' },
  })
})

test('status tells whose vault it is and both fingerprints, and that a device waits for its keys', async () => {
  const { hub, device } = all
  const { agentId, vaultId, domainId } = device.agent.identity
  let waitsForKeys = true
  hub.scripted.set('GET /api/v1/runs', () => ({ items: [] }))
  hub.scripted.set(`GET /api/v1/devices/${agentId}`, () => {
    const times = { enrolledAtMs: 1, lastSeenAtMs: null, lastSnapshotAtMs: null, lastRunStatus: null }
    return { id: agentId, name: 'box', host: hostFacts(), version: '0.1.0', online: true, vaultId, domainId, ...times, waitsForKeys }
  })
  const form = /^[0-9a-f]{4}(-[0-9a-f]{4}){4}$/
  const before = await holdfast('status')
  expect(before.out).toContain('Vault    private: the hub cannot read it\n         fingerprint not known before the first run\n')
  expect(before.out).toContain('waits for its keys')
  const fingerprint: unknown = expect.stringMatching(form)
  expect(documentOf(await holdfast('status', '--json'))).toMatchObject({
    fingerprint,
    vault: { id: vaultId, kind: 'private', fingerprint: null, waitsForKeys: true },
  })
  waitsForKeys = false
  await backUp()
  const after = await holdfast('status')
  expect(after.out).not.toContain('waits for its keys')
  const document = documentOf(await holdfast('status', '--json'))
  expect(document).toMatchObject({ vault: { kind: 'private', fingerprint, waitsForKeys: false } })
  expect(after.out).toContain(`         fingerprint ${(document['vault'] as { fingerprint: string }).fingerprint}\n`)
  expect(after.out).toContain(`         fingerprint ${document['fingerprint'] as string}\n`)
})

test('before the first run nothing can be chosen, and it is said why', async () => {
  showSnapshot(all.hub, all.device, SnapshotId.parse('ab'.repeat(16)))
  expect(await holdfast('ls', 'latest', '/etc')).toMatchObject({ err: expect.stringContaining('no run with the keys') as string })
  const asked = await holdfast('restore', 'latest', '/etc', '--target', '/t', '--json')
  expect(documentOf(asked)).toMatchObject({ error: { code: 'vault.keys-awaited' } })
  expect(orders).toEqual([])
})

test('enrolling says what to compare, takes the vault’s fingerprint, and refuses what is none', async () => {
  const { hub, folder } = all
  const enrol = (home: string, ...args: string[]): Promise<Ended> => {
    process.env['HOLDFAST_AGENT_HOME'] = join(folder.path, home)
    hub.tokens.add('t'.repeat(24))
    return holdfast('enrol', hub.url, '--token', 't'.repeat(24), ...args)
  }
  const enrolled = await enrol('third')
  expect(enrolled.out).toMatch(/Its vault is private: .*\n.*fingerprint ([0-9a-f]{4}-){4}[0-9a-f]{4}\./)
  const fingerprint = '3F2A 6c1e 0d4b 4c7a 9b7e'
  expect(documentOf(await enrol('fourth', '--vault-fingerprint', fingerprint, '--json'))).toMatchObject({ vaultKind: 'private' })
  expect(JSON.parse(readFileSync(join(folder.path, 'fourth', 'vault-pin.json'), 'utf8'))).toMatchObject({
    fingerprint: '3f2a-6c1e-0d4b-4c7a-9b7e',
    keys: null,
  })
  expect(await enrol('fifth', '--vault-fingerprint', '3f2a-6c1e')).toMatchObject({ status: 2 })
  hub.vaultKind = 'managed'
  const notPrivate = await enrol('sixth', '--vault-fingerprint', fingerprint, '--json')
  expect(documentOf(notPrivate)).toMatchObject({ error: { code: 'vault.keys-changed' } })
  await expect(anEnrolledAgent(hub, join(folder.path, 'sixth'))).resolves.toBeDefined()
})
