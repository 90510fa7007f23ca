import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { errorFacts, isErrorCode, Problem, type AuditEntry, type HostPage, type Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder } from '../src/features/vaults/testing/build-tree.ts'
import { begin, commit, finish, send } from '../src/features/vaults/testing/wire-backup.ts'
import type { FakeAgent } from './fake-agent.ts'
import { TestHub } from './test-hub.ts'

/** The examples of docs/api.md, run as they stand there. */
const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '')

let hub: TestHub
let agent: FakeAgent
let run: Run
let scratch = ''
let env: Record<string, string> = {}
beforeAll(async () => {
  hub = await TestHub.start()
  agent = await hub.enrol('laptop')
  agent.capabilities = ['host.list', 'host.measure', 'device.set-limits']
  agent.onCommand = (type): HostPage | object =>
    type === 'host.list' ? { folder: { path: '/' }, separator: '/', items: [], total: 0, next: null } : {}
  await agent.link()
  const session = await begin(hub, agent)
  const home = folder({ ada: folder({ 'notes.txt': Buffer.from('a note') }) })
  const { snapshotId } = await commit(agent, session, await send(agent, session, folder({ home })))
  await finish(agent, session)
  while ((await hub.run(session.runId)).state !== 'succeeded') await sleep(20)
  run = await hub.startRun(agent.agentId, { sources: [{ path: '/srv' }] })
  // Its device has it in hand: what follows may tell of it.
  while ((await hub.run(run.id)).state !== 'running') await sleep(20)
  const { token } = await hub.json<{ token: string }>(hub.post('/api/v1/me/tokens', { name: 'examples', scope: 'admin' }))
  scratch = mkdtempSync(join(tmpdir(), 'holdfast-examples-'))
  env = {
    PATH: process.env['PATH'] ?? '',
    HUB: hub.origin,
    AUTH: `Authorization: Bearer ${token}`,
    DEVICE: agent.agentId,
    RUN: run.id,
    SNAPSHOT: snapshotId,
  }
})
afterAll(async () => {
  await hub.stop()
  rmSync(scratch, { recursive: true })
})

const runShell = async (script: string): Promise<string> =>
  (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env, cwd: scratch })).stdout

describe('the examples of the manual', () => {
  test.each(blocks('sh').map((script, index) => [index + 1, script] as const))('number %i of the shell succeeds', async (_, script) => {
    const output = await runShell(script)
    // Each answer of JSON begins with a brace; the one that asks for a status prints it alone.
    if (script.includes('%{http_code}')) expect(output).toBe('404\n')
    // What goes to a file alone prints nothing.
    else expect(output).toMatch(/\.zip /.test(script) ? /^$/ : /^\{/)
  })

  test('the zips hold what the snapshot does, and are on record', async () => {
    expect(await runShell('unzip -p folder.zip ada/notes.txt && unzip -p chosen.zip notes.txt && cat file')).toBe('a notea notea note')
    const { items } = await hub.json<{ items: AuditEntry[] }>(hub.get('/api/v1/audit?limit=20'))
    const taken = items.filter(({ action }) => action === 'downloadZip')
    expect(taken).toHaveLength(2)
    expect(taken[0]).toMatchObject({
      outcome: 'done',
      object: { kind: 'snapshot', id: env['SNAPSHOT'] },
      details: { deviceName: 'laptop' },
    })
  })

  test('the log came as a file', () => {
    expect(readFileSync(join(scratch, 'run.log'), 'utf8')).toMatch(/^(\d{4}-\d\d-\d\dT[^\n]+\n)*$/)
  })

  test('the listener hears what happens, from the first event on', async () => {
    const [script = ''] = blocks('js')
    // Beside the packages of the hub, so that the import finds the library.
    const file = new URL(`./.example-${process.pid}.mjs`, import.meta.url)
    writeFileSync(file, script)
    const listener = spawn(process.execPath, [file.pathname], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      let heard = ''
      listener.stdout.on('data', (text: Buffer) => (heard += text.toString()))
      await expect
        .poll(
          async () => {
            await hub.post(`/api/v1/devices/${agent.agentId}/runs`, { kind: 'backup', sources: [{ path: `/x${Math.random()}` }] })
            return heard
          },
          { timeout: 60_000, interval: 500 },
        )
        .toMatch(/^run\.changed [0-9a-f-]{36}$/m)
    } finally {
      listener.kill()
      rmSync(file)
    }
  })

  test('the problem shown is one that the hub gives, word for word', async () => {
    const shown = Problem.parse(JSON.parse(blocks('json')[0] ?? ''))
    const answer = await hub.get('/api/v1/runs/00000000-0000-4000-8000-000000000000')
    const { requestId: _, ...given } = Problem.parse(await answer.json())
    const { requestId: __, ...told } = shown
    expect(told).toEqual(given)
  })

  test('every code that is named is one of the registry', () => {
    const named = [...page.matchAll(/`((?:agent|host|live|run)\.[a-z-]+)`/g)].map((match) => match[1] ?? '')
    const events = new Set(['run.progress'])
    for (const code of named)
      if (!events.has(code)) expect([code, isErrorCode(code) && errorFacts(code).status]).toEqual([code, expect.any(Number)])
  })
})
