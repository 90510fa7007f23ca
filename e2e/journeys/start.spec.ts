import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@playwright/test'
import { runForJson } from '../stack/command-line.ts'
import { findFreePort } from '../stack/free-port.ts'
import type { SnapshotDocument } from '../stack/json-documents.ts'
import { findProcessesOf } from '../stack/processes.ts'
import { holdfastBin, projectRoot } from '../stack/project.ts'
import { makeScratchFolder } from '../stack/scratch-folder.ts'

/** `npm start`. */
interface Launcher {
  readonly child: ChildProcess
  output(): string
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  readonly exitCode: Promise<number>
}

const scratch = makeScratchFolder()
const data = join(scratch.path, 'data')
const launchers: Launcher[] = []

test.afterEach(async () => {
  for (const { child, exitCode } of launchers.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exitCode
  }
  await expectNothingLeft()
})
test.afterAll(() => scratch.remove())

function launch(port: number, args: readonly string[] = []): Launcher {
  const env = { ...process.env, HOLDFAST_DATA: data, HOLDFAST_PORT: String(port), HOLDFAST_AGENT_HOME: undefined, NODE_OPTIONS: undefined }
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: projectRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exitCode = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 128))
  const launcher: Launcher = {
    child,
    output: () => output,
    exitCode,
    async waitFor(pattern) {
      await expect.poll(() => pattern.test(output) || child.exitCode !== null, { timeout: 120_000, message: output }).toBe(true)
      const match = pattern.exec(output)
      if (match === null) throw new Error(`npm start ended before it said ${pattern}:\n${output}`)
      return match
    },
  }
  launchers.push(launcher)
  return launcher
}

/** Everything that was started is gone within 20 s. */
async function expectNothingLeft(): Promise<void> {
  await expect.poll(() => findProcessesOf(data), { timeout: 20_000 }).toEqual([])
}

const holdfast = <T>(args: readonly string[]) =>
  runForJson<T>(holdfastBin, [...args, '--json'], { HOLDFAST_AGENT_HOME: join(data, 'agent') })

test.describe.configure({ mode: 'serial' })

test('npm start -- --backup brings everything up, backs up and stays; SIGTERM ends it all', async () => {
  const letters = join(scratch.path, 'letters')
  mkdirSync(letters)
  writeFileSync(join(letters, 'letter.txt'), 'Dear backup,')
  const port = await findFreePort()
  const started = launch(port, ['--backup', letters])

  const [, link = ''] = await started.waitFor(/^Sign in: (\S+)$/m)
  expect(link).toContain(`http://127.0.0.1:${port}/`)
  await started.waitFor(/^Backup succeeded/m)
  expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200)
  const snapshots = await holdfast<SnapshotDocument[]>(['snapshots'])
  expect(snapshots).toMatchObject([{ status: 'complete', files: 1 }])

  started.child.kill('SIGTERM')
  await started.exitCode
  expect(started.output()).toContain('Stopping')
  await expectNothingLeft()
})

test('a changed port is carried to the local agent, and a second start is refused without harm to the first', async () => {
  const port = await findFreePort()
  const first = launch(port)
  await first.waitFor(/is ready/)
  await expect.poll(async () => (await holdfast<{ link: string }>(['status'])).link, { timeout: 60_000 }).toBe('connected')
  expect(await holdfast(['status'])).toMatchObject({ hubUrl: `http://127.0.0.1:${port}` })

  const second = launch(await findFreePort())
  expect(await second.exitCode).not.toBe(0)
  expect(second.output()).toContain(`http://127.0.0.1:${port}`)
  expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200)
  expect(await holdfast(['status'])).toMatchObject({ link: 'connected' })

  // Twice, as people do who do not want to wait.
  first.child.kill('SIGINT')
  await sleep(700)
  first.child.kill('SIGINT')
  await first.exitCode
  await expectNothingLeft()
})

test('killed with -9, npm leaves nothing behind', async () => {
  const started = launch(await findFreePort())
  await started.waitFor(/is ready/)
  expect(readFileSync(join(data, 'agent', 'identity.json'), 'utf8')).not.toBe('')
  started.child.kill('SIGKILL')
  await expectNothingLeft()
})

test('killed with -9, the launcher leaves nothing behind', async () => {
  const started = launch(await findFreePort())
  await started.waitFor(/is ready/)
  const launcher = findProcessesOf(data).find(({ command }) => command.startsWith('node scripts/start.mjs'))
  expect(launcher).toBeDefined()
  process.kill(launcher?.pid ?? 0, 'SIGKILL')
  await expectNothingLeft()
})
