import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { postmasterOf, processesOn, until } from '../platform/database/embedded/testing/held-database.ts'
import { startLineProcess, type LineProcess } from '../platform/lifecycle/testing/line-process.ts'

/* holdfast-hub as people run it: real processes, real database, one data folder that goes from test to test. */

// Real processes on a machine that may be busy with the other suites.
vi.setConfig({ testTimeout: 120_000 })
const bin = fileURLToPath(new URL('../../bin/holdfast-hub.js', import.meta.url))
let parent: string
let folder: string

beforeAll(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'holdfast-cli-'))
  chmodSync(parent, 0o755)
  folder = path.join(parent, 'data')
})
afterAll(() => rmSync(parent, { recursive: true }))

const hubEnv = (at: string): NodeJS.ProcessEnv => ({
  ...process.env,
  HOLDFAST_DATA: at,
  HOLDFAST_PORT: '0',
  HOLDFAST_PUBLIC_URL: undefined,
  DATABASE_URL: undefined,
})

function launch(args: readonly string[], at = folder): LineProcess {
  const launched = startLineProcess(process.execPath, [bin, ...args], { env: hubEnv(at) })
  onTestFinished(async () => {
    await launched.kill()
    await until(() => postmasterOf(at) === null, 60_000)
  })
  return launched
}

interface Answer {
  readonly exit: number | NodeJS.Signals | null
  readonly document: Record<string, unknown> & { readonly error?: { code: string; message: string; cure: string } }
}

/** Runs a command to its end. */
async function command(args: readonly string[], at = folder): Promise<Answer> {
  const launched = launch([...args, '--json'], at)
  const document = JSON.parse(await launched.nextLine()) as Answer['document']
  return { exit: await launched.ended, document }
}

interface StartedHub {
  readonly hub: LineProcess
  readonly url: string
  readonly hubId: string
  readonly signInUrl: string | null
}

async function startHub(args: readonly string[] = []): Promise<StartedHub> {
  const hub = launch(['start', '--json', ...args])
  const { error, ...ready } = JSON.parse(await hub.nextLine()) as Omit<StartedHub, 'hub'> & { error?: unknown }
  if (error !== undefined) throw new Error(JSON.stringify(error))
  return { ...ready, hub }
}

async function expectNothingLeft(): Promise<void> {
  const tookMs = await until(() => processesOn(folder).length === 0, 20_000)
  expect(tookMs).toBeLessThan(20_000)
  expect(readdirSync(path.join(folder, 'run')).filter((name) => name.startsWith('hub.lock'))).toEqual([])
}

describe('holdfast-hub', () => {
  test('works on a data folder without a running hub, and leaves nothing running', async () => {
    const { exit, document } = await command(['enrol-token', 'create', '--name', 'Büro'])
    expect(exit).toBe(0)
    expect(document).toMatchObject({ token: expect.any(String), command: expect.stringContaining('holdfast enrol http://127.0.0.1') })
    await expectNothingLeft()
  })

  test('start says where the hub is, how to sign in and what is at risk; two signals end it all', async () => {
    const secret = readFileSync(path.join(folder, 'secret'), 'utf8')
    const hub = launch(['start'])
    const [, url = ''] = /^Holdfast hub at (http:\/\/127\.0\.0\.1:\d+)$/.exec(await hub.nextLine()) ?? []
    expect(await hub.nextLine()).toMatch(new RegExp(`^Sign in: ${url}/sign-in#token=[\\w-]+$`))
    expect(await hub.nextLine()).toMatch(/^No recovery key was exported yet for vault .* same disk/)
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    expect(readFileSync(path.join(folder, 'secret'), 'utf8')).toBe(secret)
    // A request that never ends: the hub would wait for it, unless it is asked to hurry.
    const { port } = new URL(url)
    const upload = net.connect(Number(port), '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void upload.destroy())
    upload.write(
      'POST /api/v1/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{',
    )
    await once(upload, 'data') // It has the request: it says that it waits for the rest.
    hub.child.kill('SIGTERM')
    await until(() => hub.stderr().includes('hub.stopping'), 60_000)
    await delay(600)
    hub.child.kill('SIGTERM')
    expect(await hub.ended).toBe(0)
    expect(hub.stderr()).toContain('hub.close-cut-short')
    await expectNothingLeft()
  })

  test('a running hub backs itself up, and is not rebuilt under its own feet', async () => {
    await startHub()
    const made = await command(['self-backup'])
    expect(made).toMatchObject({ exit: 0, document: { isWhole: true } })
    expect((await command(['self-backup', 'list'])).document).toMatchObject({ items: [{ id: made.document['id'] }] })
    const { error } = (await command(['rebuild'])).document
    expect(error).toMatchObject({ code: 'hub.already-running', cure: expect.stringContaining('holdfast-hub stop') as string })
    expect((await command(['stop'])).exit).toBe(0)
    await expectNothingLeft()
    expect(await command(['rebuild'])).toMatchObject({ exit: 0, document: { vaults: [{ damagedPacks: 0 }] } })
    const restore = async (...flags: string[]) => (await command(['rebuild', '--from-self-backup', ...flags])).document
    expect((await restore('ffff', '--replace', '--yes')).error).toMatchObject({ code: 'self-backup.not-found' })
    expect((await restore('--replace')).error, 'nobody can be asked').toMatchObject({ code: 'command.invalid' })
    expect(await restore('--replace', '--yes')).toMatchObject({ selfBackup: { id: made.document['id'] } })
    await expectNothingLeft()
  })

  test('commands talk to the running hub, and a second start is refused, naming the first', async () => {
    const { hub, url, hubId } = await startHub()
    const [status, token, link, fsck, migrate, second] = await Promise.all([
      command(['status']),
      command(['enrol-token', 'create']),
      command(['sign-in-link']),
      command(['fsck', '--deep']),
      command(['migrate']),
      command(['start']),
    ])
    expect(status.document).toMatchObject({ pid: hub.pid, hubId, url, database: 'embedded' })
    expect(token.document).toMatchObject({ hubUrl: url })
    expect(link.document).toMatchObject({ url: expect.stringContaining(`${url}/sign-in#token=`) })
    expect(fsck).toMatchObject({ exit: 0, document: { ok: true, problems: [] } })
    expect(migrate.document).toEqual({ schema: 'current', by: 'hub' })
    expect(second).toMatchObject({ exit: 1, document: { error: { code: 'hub.already-running' } } })
    expect(second.document.error?.message).toContain(`process ${hub.pid}`)
    expect(second.document.error?.message).toContain(url)
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    expect(await command(['stop'])).toMatchObject({ exit: 0, document: { stopped: true } })
    expect(await hub.ended).toBe(0)
    await expectNothingLeft()
  })

  test('vault-key export writes a key file, with and without a running hub, and no words anywhere else', async () => {
    const file = path.join(parent, 'key-alone.json')
    const alone = await command(['vault-key', 'export', '--file', file])
    expect(alone).toMatchObject({ exit: 0, document: { file, slotId: expect.stringMatching(/^[0-9a-f]{32}$/) } })
    const key = JSON.parse(readFileSync(file, 'utf8')) as { format: string; vaultId: string; words: string[] }
    expect([key.format, key.vaultId, key.words.length]).toEqual(['holdfast-key-1', alone.document['vaultId'], 24])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.stringify(alone.document)).not.toContain(key.words.slice(0, 3).join('","'))
    await expectNothingLeft()

    const { hub } = await startHub()
    const beside = path.join(parent, 'key-beside.json')
    const launched = launch(['vault-key', 'export', '--vault', key.vaultId, '--file', beside])
    expect(await launched.ended).toBe(0)
    const words = (JSON.parse(readFileSync(beside, 'utf8')) as typeof key).words
    expect(words).not.toEqual(key.words)
    expect(await command(['vault-key', 'export', '--file', beside])).toMatchObject({
      exit: 2,
      document: { error: { code: 'command.invalid' } },
    })
    const nobody = path.join(parent, 'nobody.json')
    for (const vault of ['nobody', '11111111-1111-4111-8111-111111111111'])
      expect(await command(['vault-key', 'export', '--file', nobody, '--vault', vault])).toMatchObject({
        exit: 4,
        document: { error: { code: 'vault.not-found' } },
      })
    expect(
      readdirSync(parent)
        .filter((name) => name.endsWith('.json'))
        .sort(),
    ).toEqual(['key-alone.json', 'key-beside.json'])
    const tested = await command(['recovery-key', 'test', '--file', beside])
    expect(tested).toMatchObject({ exit: 0, document: { vaults: [key.vaultId] } })
    expect((await command(['status'])).document['vaultsWithoutRecoveryKey']).toEqual([])
    hub.child.kill('SIGTERM')
    expect(await hub.ended).toBe(0)
    for (const said of [launched.stderr(), hub.stderr()])
      for (const trace of [words.slice(0, 3).join(' '), words.slice(0, 3).join('","')]) expect(said).not.toContain(trace)
  })

  test('of two that start at once one runs and the other is refused', async () => {
    const starters = [launch(['start', '--json']), launch(['start', '--json'])]
    const answers = await Promise.all(starters.map(async (one) => JSON.parse(await one.nextLine()) as Answer['document']))
    const refused = answers.findIndex((answer) => answer.error !== undefined)
    expect(answers.filter((answer) => answer.error === undefined)).toHaveLength(1)
    expect(answers[refused]?.error?.message).toContain(`process ${starters[1 - refused]?.pid}`)
    expect(await starters[refused]?.ended).toBe(1)
    starters[1 - refused]?.child.kill('SIGTERM')
    expect(await starters[1 - refused]?.ended).toBe(0)
  })

  test('stops by itself when whoever started it is gone', async () => {
    const { hub } = await startHub(['--exit-with-parent'])
    hub.child.stdin?.destroy()
    expect(await hub.ended).toBe(0)
    await expectNothingLeft()
  })

  test('a signal in the middle of its start ends it as well', async () => {
    const hub = launch(['start', '--json'])
    await until(() => postmasterOf(folder) !== null, 60_000)
    hub.child.kill('SIGTERM')
    expect(await hub.ended).toBe(0)
    await expectNothingLeft()
  })

  test('a hub that is killed is followed by one that adopts its database and is the same hub', async () => {
    const killed = await startHub()
    const postmaster = postmasterOf(folder)
    await killed.hub.kill()
    const next = await startHub()
    expect(postmasterOf(folder)).toBe(postmaster)
    expect(next.hubId).toBe(killed.hubId)
    next.hub.child.kill('SIGINT')
    expect(await next.hub.ended).toBe(0)
  })

  test('damage in a vault is an answer of fsck with a status of its own, a vault that is not there a failure', async () => {
    const vault = path.join(folder, 'store', readdirSync(path.join(folder, 'store'))[0] ?? '')
    mkdirSync(path.join(vault, 'p', 'ab'), { recursive: true })
    writeFileSync(path.join(vault, 'p', 'ab', 'ab'.repeat(16)), 'no pack')
    const damaged = await command(['fsck'])
    expect(damaged).toMatchObject({ exit: 20, document: { ok: false } })
    expect(damaged.document['problems']).toContainEqual(expect.objectContaining({ code: 'pack.invalid' }))
    renameSync(vault, path.join(parent, 'on-a-disk-that-is-not-mounted'))
    expect(await command(['fsck'])).toMatchObject({ exit: 11, document: { error: { code: 'store.unavailable' } } })
  })
})

describe('holdfast-hub refuses', () => {
  test('what it does not understand, with the status of a wrong call', async () => {
    expect(await command(['explode'])).toMatchObject({ exit: 2, document: { error: { code: 'command.invalid' } } })
    expect(await command(['fsck', '--vault', 'mine'])).toMatchObject({ exit: 2, document: { error: { code: 'command.invalid' } } })
  })

  test('to ask a hub that does not run', async () => {
    const at = path.join(parent, 'nothing-here')
    expect(await command(['status'], at)).toMatchObject({ exit: 11, document: { error: { code: 'hub.unreachable' } } })
  })

  test.runIf(process.getuid?.() === 0)(
    'as root a data folder that the database’s user cannot reach, before anything is written',
    async () => {
      const blocked = path.join(parent, 'blocked')
      mkdirSync(blocked, { mode: 0o700 })
      const { exit, document } = await command(['start'], path.join(blocked, 'data'))
      expect([exit, document.error?.code]).toEqual([2, 'settings.invalid'])
      expect(document.error?.message).toContain(blocked)
      expect(document.error?.cure).toContain(`chmod o+x ${blocked}`)
      expect(readdirSync(blocked)).toEqual([])
    },
  )
})
