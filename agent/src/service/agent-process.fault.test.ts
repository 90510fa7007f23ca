import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BackupResult } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aFolder, anEnrolledAgent, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import { markOf, stateOf, type ProcessMark } from '../state/process-mark.ts'
import { findRunningAgent } from '../state/running-agent.ts'

const program = fileURLToPath(new URL('../main.ts', import.meta.url))
const environment = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-test-compile-cache') }

const fileBytes = 1024 * 1024

// Real processes, some of them one after the other.
vi.setConfig({ testTimeout: 240_000 })

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let sources: string
const children = new Set<ChildProcess>()

beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
  device = await anEnrolledAgent(hub, join(folder.path, 'state'))
  sources = join(folder.path, 'sources')
  mkdirSync(sources)
  for (let n = 0; n < 8; n += 1) writeFileSync(join(sources, `file-${n}`), randomBytes(fileBytes))
})
afterEach(async () => {
  await Promise.all([...children].map(async (child) => killed(child)))
  children.clear()
  await hub.close()
  folder.remove()
  expect(hub.violations).toEqual([])
})

/** A real `holdfast run`. */
async function anAgentProcess(changes: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const hellos = hub.hellos.length
  const child = spawn(process.execPath, ['-C', '@holdfast/source', program, 'run'], {
    env: { ...environment, HOLDFAST_AGENT_HOME: device.folders.home, ...changes },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.add(child)
  await hub.until(() => hub.hellos.length > hellos, 'its hello', 60_000)
  return child
}

async function killed(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'exit') as Promise<[number | null]>
  child.kill(signal)
  return (await ended)[0]
}

const aBackup = () => hub.offer({ kind: 'backup', vaultId: hub.vault.vaultId, sources: [{ path: sources }], full: false })

test('a report that was not acknowledged survives kill -9: it is in the next hello and is told again under its id', async () => {
  hub.handlers.set('run.finished', () => null)
  const first = await anAgentProcess()
  const { runId } = await aBackup()
  const told = await hub.until(() => hub.reports('run.finished')[0], 'the report', 60_000)
  await killed(first)

  hub.handlers.set('run.finished', () => ({}))
  await anAgentProcess()
  expect(hub.hellos.at(-1)?.runsInHand).toEqual([{ runId, fence: 1, state: 'succeeded' }])
  const again = await hub.until(() => hub.reports('run.finished')[1], 'the report again')
  expect(again).toEqual(told)
  hub.cut()
  await hub.until(() => hub.hellos.length === 3, 'one more hello')
  await hub.until(() => hub.hellos.at(-1)?.runsInHand.length === 0, 'nothing more in hand')
})

test('killed in the middle of a run it has nothing in hand afterwards, and the next backup sends only what is missing', async () => {
  const first = await anAgentProcess()
  // Once content is stored, no further pack arrives.
  hub.onHttp = async (method) => {
    if (method === 'PUT' && hub.vault.storedBytes > fileBytes) await new Promise(() => undefined)
  }
  await aBackup()
  await hub.until(() => hub.vault.storedBytes > fileBytes, 'a pack to be stored', 60_000)
  await killed(first)
  hub.onHttp = () => undefined
  await anAgentProcess()
  // Only now: what had wholly arrived when the agent died is still being stored.
  const storedBefore = hub.vault.storedBytes
  expect(hub.hellos.at(-1)?.runsInHand).toEqual([])
  const { runId } = await aBackup()
  const end = await hub.until(() => hub.reports('run.finished').find(({ body }) => body['runId'] === runId), 'the end', 60_000)
  expect(end.body).toMatchObject({ outcome: 'succeeded', result: { files: 8, bytesStored: hub.vault.storedBytes - storedBefore } })
  expect((end.body['result'] as BackupResult).bytesStored).toBeLessThan(8 * fileBytes)
})

test('told to stop in the middle of a run it says so, gives its lock back and ends well within ten seconds', async () => {
  const agent = await anAgentProcess()
  hub.onHttp = async (method) => {
    if (method === 'PUT') await new Promise(() => undefined)
  }
  await aBackup()
  await hub.until(() => hub.reports('run.progress').length > 0 && hub.reports('session.open').length > 0, 'the run', 60_000)
  expect(await findRunningAgent(device.folders)).toMatchObject({
    holder: { pid: agent.pid, purpose: 'service' },
    facts: { link: 'connected' },
  })
  const toldAtMs = performance.now()
  expect(await killed(agent, 'SIGTERM')).toBe(0)
  expect(performance.now() - toldAtMs).toBeLessThan(10_000)
  expect(hub.reports('run.finished')[0]?.body).toMatchObject({ outcome: 'failed', error: { code: 'run.agent-lost' } })
  expect([existsSync(device.folders.lockFile), existsSync(device.folders.runningFile)]).toEqual([false, false])
})

test('a second agent on the same state is refused and names the first', async () => {
  const first = await anAgentProcess()
  const second = spawn(process.execPath, ['-C', '@holdfast/source', program, 'run'], {
    env: { ...environment, HOLDFAST_AGENT_HOME: device.folders.home },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.add(second)
  let said = ''
  second.stderr.on('data', (data: Buffer) => {
    said += data.toString()
  })
  const [status] = (await once(second, 'close')) as [number]
  expect([status, said]).toEqual([1, expect.stringContaining(`pid ${first.pid ?? 0}`)])
  expect(hub.hellos).toHaveLength(1)
})

/** A process that starts the agent with a pipe as its standard input, says its number, and then does `next`. */
function aParentThat(next: string): ChildProcess {
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `
    const child = require('node:child_process').spawn(process.execPath, ['-C', '@holdfast/source', process.argv[1], 'run', '--exit-with-parent'], { stdio: ['pipe', 'ignore', 'ignore'] })
    process.stdout.write(String(child.pid), () => { ${next} })
  `,
      program,
    ],
    { env: { ...environment, HOLDFAST_AGENT_HOME: device.folders.home }, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  children.add(parent)
  return parent
}

test('with --exit-with-parent it ends when the process that started it is gone', async () => {
  const parent = aParentThat('')
  await hub.until(() => hub.linkCount === 1, 'the link', 60_000)
  await killed(parent)
  await hub.until(() => hub.linkCount === 0 && !existsSync(device.folders.lockFile), 'the agent to end')
})

test('with --exit-with-parent it also ends when that process was gone before it had looked', async () => {
  const parent = aParentThat('process.kill(process.pid, "SIGKILL")')
  let said = ''
  // Taken with its number: by the time that the parent's end is known here the agent may have ended.
  let orphan: ProcessMark | null = null
  parent.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
    orphan = markOf(Number(said))
  })
  await once(parent, 'close')
  expect(said).toMatch(/^[1-9]\d*$/)
  await hub.until(() => orphan !== null && stateOf(orphan) === 'dead', 'the agent to end', 60_000)
})

/** An agent whose runs hang in a call of the system for ever, as on a disk that is dead: it opens a FIFO that nobody writes to. */
async function aHangingRun(): Promise<ChildProcess> {
  const fifo = join(folder.path, 'fifo')
  execFileSync('mkfifo', [fifo])
  const hang = `import { openSync } from 'node:fs'; import { isMainThread } from 'node:worker_threads'; if (!isMainThread) openSync(${JSON.stringify(fifo)})`
  const agent = await anAgentProcess({ NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(hang)}"` })
  expect((await aBackup()).ack).toEqual({ ok: true, body: { accepted: true } })
  return agent
}

test('told to stop while a run hangs in the system it tells of it, gives its lock back, and ends hard', async () => {
  const agent = await aHangingRun()
  await killed(agent, 'SIGTERM')
  expect(agent.signalCode).toBe('SIGKILL')
  expect(hub.reports('run.finished')[0]?.body).toMatchObject({ outcome: 'failed', error: { code: 'run.agent-lost' } })
  expect([existsSync(device.folders.lockFile), existsSync(device.folders.runningFile)]).toEqual([false, false])
})

test('told to stop twice it leaves at once', async () => {
  const agent = await aHangingRun()
  agent.kill('SIGTERM')
  await sleep(600)
  await killed(agent, 'SIGTERM')
  // Before the hanging run was given up, and the lock was given back.
  expect([hub.reports('run.finished'), existsSync(device.folders.lockFile)]).toEqual([[], true])
})
