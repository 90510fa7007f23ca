import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, test } from '@playwright/test'
import type { AuditEntry, Plan } from '@holdfast/shared-types'
import { runForJson } from '../stack/command-line.ts'
import type { BackupDocument, RestoreDocument, SnapshotDocument } from '../stack/json-documents.ts'
import { findProcessesOf } from '../stack/processes.ts'
import { startProgram, type Program } from '../stack/program.ts'
import { hubBin } from '../stack/project.ts'
import { makeScratchFolder } from '../stack/scratch-folder.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

/*
 * The machine of the hub is gone with its database, its secret and everything else but the disk of its vault. What is left are 24 words.
 */

const account = { email: 'ada@example.org', password: 'a long enough password' }

let away: ReturnType<typeof makeScratchFolder>
let stack: Stack
let newHub: Program | null = null
test.beforeAll(async () => {
  away = makeScratchFolder()
  stack = await startStack({ agentHome: join(away.path, 'agent') })
})
test.afterAll(async () => {
  await newHub?.stop()
  await stack.stop()
  away.remove()
})

interface Answer<T> {
  readonly cookie: string
  readonly body: T
}

async function call<T>(method: string, path: string, body: object | null, cookie = ''): Promise<Answer<T>> {
  const answer = await fetch(`${stack.origin}/api/v1${path}`, {
    method,
    headers: { cookie, ...(body === null ? {} : { 'content-type': 'application/json' }) },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return { cookie: (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '', body: (text === '' ? null : JSON.parse(text)) as T }
}

function makeHome(): string {
  const home = join(away.path, 'home')
  for (let folder = 0; folder < 20; folder += 1) {
    mkdirSync(join(home, `letters ${folder}`), { recursive: true })
    for (let file = 0; file < 50; file += 1)
      writeFileSync(join(home, `letters ${folder}`, `${file}.txt`), `Dear ${folder}.${file},\n`.repeat(20 + file))
  }
  writeFileSync(join(home, 'movie.bin'), randomBytes(6 * 2 ** 20))
  return home
}

test('24 words and the disk of the vault bring everything back, on a new machine', async () => {
  const home = makeHome()
  // A file changed less than 2 s before it was read is read again next time (a write in the same tick could hide behind its times).
  await sleep(2_100)
  const token = new URL(stack.signInLink).hash.slice('#token='.length)
  const { cookie } = await call('POST', '/sign-in/link', { token })
  await call('PUT', '/me/credentials', { name: 'Ada', ...account }, cookie)
  const { body: devices } = await call<{ items: { id: string }[] }>('GET', '/devices', null, cookie)
  await call('POST', '/plans', { agentId: devices.items[0]?.id, name: 'everything', sources: [{ path: home }] }, cookie)
  const first = await stack.holdfast<BackupDocument>(['backup', home])
  expect(first.kind).toBe('full')
  const key = join(away.path, 'key.json')
  await stack.holdfastHub(['vault-key', 'export', '--file', key])
  const selfBackup = await stack.holdfastHub<{ id: string; isWhole: boolean }>(['self-backup'])
  expect(selfBackup.isWhole).toBe(true)
  expect((await stack.holdfastHub<{ items: { id: string }[] }>(['self-backup', 'list'])).items[0]?.id).toBe(selfBackup.id)

  // The end of the old machine. The agent lives on, and knows only that nobody answers.
  const data = stack.env['HOLDFAST_DATA'] ?? ''
  await stack.hub().kill()
  await expect.poll(() => findProcessesOf(data).filter(({ pid }) => pid !== stack.agent().pid)).toEqual([])
  renameSync(join(data, 'store'), join(away.path, 'store'))
  rmSync(data, { recursive: true })

  const machine = {
    ...stack.env,
    HOLDFAST_DATA: join(away.path, 'new machine'),
    HOLDFAST_STORE: pathToFileURL(join(away.path, 'store')).href,
  }
  const restored = await runForJson<{ selfBackup: { id: string }; vaults: { snapshots: number }[]; missingVaults: string[] }>(
    hubBin,
    ['rebuild', '--from-self-backup', '--key-file', key, '--json'],
    machine,
  )
  expect(restored).toMatchObject({ selfBackup: { id: selfBackup.id }, vaults: [{ snapshots: 1 }], missingVaults: [] })
  newHub = startProgram(hubBin, ['start', '--exit-with-parent'], machine)
  await newHub.waitForLine(/^Holdfast hub at /m, 120_000)
  const isLinked = async () => (await stack.holdfast<{ link: string }>(['status'])).link
  await expect.poll(isLinked, { timeout: 120_000, message: 'the agent comes back by itself' }).toBe('connected')

  const again = await call('POST', '/sign-in', account)
  const { body: plans } = await call<{ items: Plan[] }>('GET', '/plans', null, again.cookie)
  expect(plans.items.map(({ name }) => name)).toEqual(['everything'])
  const { body: audit } = await call<{ items: AuditEntry[] }>('GET', '/audit', null, again.cookie)
  const actions = audit.items.map(({ action }) => action)
  expect(actions[0]).toBe('signIn')
  expect(actions).toEqual(expect.arrayContaining(['command:rebuild', 'createPlan', 'setCredentials', 'enrol']))

  appendFileSync(join(home, 'letters 3', '7.txt'), 'One more line.\n')
  const second = await stack.holdfast<BackupDocument>(['backup', home])
  expect(second).toMatchObject({ kind: 'incremental', filesRead: 1 })
  expect(second.bytesStored).toBeLessThan(2 ** 20)
  const snapshots = await stack.holdfast<SnapshotDocument[]>(['snapshots'])
  expect(snapshots.map(({ id }) => id)).toEqual([first.snapshotId, second.snapshotId])
  const target = join(away.path, 'restored')
  expect(await stack.holdfast<RestoreDocument>(['restore', second.snapshotId, '--target', target])).toMatchObject({ status: 'succeeded' })
  expect(await findTreeDifferences(home, join(target, home))).toBe('')
  expect(await runForJson<{ ok: boolean }>(hubBin, ['fsck', '--deep', '--json'], machine)).toMatchObject({ ok: true })
})
