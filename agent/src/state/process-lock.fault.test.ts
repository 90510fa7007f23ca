import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lockHolder, takeLock } from './process-lock.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-lock-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const taker = `
const { takeLock } = await import(process.argv[1])
const attempt = await takeLock(process.argv[2], 'service')
process.stdout.write(attempt.taken ? 'taken\\n' : 'refused\\n')
if (attempt.taken) setInterval(() => undefined, 1000)
`

/** Another process that tries to take the lock, and holds it until it is killed. @param within a program that runs it, in place of itself or below it. */
function aTaker(path: string, within: readonly string[] = []): { child: ChildProcess; answer: Promise<string> } {
  const node = [process.execPath, '-C', '@holdfast/source', '--input-type=module', '-e', taker]
  const [program, ...args] = [...within, ...node, fileURLToPath(new URL('./process-lock.ts', import.meta.url)), path]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const answer = new Promise<string>((resolve) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()))
  })
  return { child, answer }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

test('is held by one process, told to others, and free after kill -9', async () => {
  const path = join(folder, 'kill')
  const other = aTaker(path)
  expect(await other.answer).toBe('taken')
  expect(await takeLock(path, 'command')).toMatchObject({ taken: false, holder: { pid: other.child.pid, purpose: 'service' } })
  await killed(other.child)
  expect(await lockHolder(path)).toBeNull()
  const attempt = await takeLock(path, 'command')
  expect(attempt.taken).toBe(true)
  expect(await lockHolder(path)).toMatchObject({ pid: process.pid, purpose: 'command' })
  if (attempt.taken) attempt.lock.release()
  expect(await lockHolder(path)).toBeNull()
})

/** As a container does: a pid namespace of its own, whose first process this is. It ends with its parent. */
const aContainer = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc']
const hasContainers = spawnSync(aContainer[0]!, [...aContainer.slice(1), 'true']).status === 0

// Needs the right to make pid namespaces, and the program for it.
test.runIf(hasContainers)('of two containers on one folder one holds it, as long as it lives', async () => {
  const path = join(folder, 'container')
  const first = aTaker(path, aContainer)
  expect(await first.answer).toBe('taken')
  expect(await lockHolder(path)).toMatchObject({ pid: 1 })
  const second = aTaker(path, aContainer)
  expect(await second.answer).toBe('refused')
  expect(await takeLock(path, 'command')).toMatchObject({ taken: false, holder: { pid: 1 } })
  await killed(first.child)
  await expect.poll(() => lockHolder(path)).toBeNull()
  const third = aTaker(path, aContainer)
  expect(await third.answer).toBe('taken')
  await killed(third.child)
  // Marks of agents from before say nothing of namespaces.
  const { pidNamespace: _none, ...before } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  writeFileSync(path, JSON.stringify(before))
  const attempt = await takeLock(path, 'command')
  expect(attempt.taken).toBe(true)
  if (attempt.taken) attempt.lock.release()
  expect(readdirSync(folder).filter((name) => name.startsWith('container'))).toEqual([])
})

test('of many that find the lock of a dead process at once, one takes it', async () => {
  const path = join(folder, 'race')
  const dead = aTaker(path)
  await dead.answer
  await killed(dead.child)
  const takers = Array.from({ length: 6 }, () => aTaker(path))
  const answers = await Promise.all(takers.map((one) => one.answer))
  const inProcess = await Promise.all(Array.from({ length: 10 }, () => takeLock(path, 'command')))
  expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1)
  expect(inProcess.filter((attempt) => attempt.taken)).toHaveLength(0)
  await Promise.all(takers.map((one) => killed(one.child)))
  const winners = (await Promise.all(Array.from({ length: 10 }, () => takeLock(path, 'command')))).filter((attempt) => attempt.taken)
  expect(winners).toHaveLength(1)
  expect(readdirSync(folder).filter((name) => name.startsWith('race'))).toEqual(['race', expect.stringMatching(/^race\.live-/)])
})

test('a lock whose number belongs to another process by now, or that is torn, is free', async () => {
  const path = join(folder, 'reused')
  writeFileSync(
    path,
    JSON.stringify({ pid: process.ppid, startedAt: 'another-boot:1', token: '0a7b2f6e-6b0b-4c39-9a57-5d3b0a5c7e11', purpose: 'service' }),
  )
  const attempt = await takeLock(path, 'service')
  expect(attempt.taken).toBe(true)
  const torn = join(folder, 'torn')
  writeFileSync(torn, '{"pid":')
  expect((await takeLock(torn, 'service')).taken).toBe(true)
})
