import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startTypeScript, type LineProcess } from './testing/line-process.ts'
import type { SpawnOptions } from 'node:child_process'

const probeFile = new URL('./testing/stop-requests-probe.ts', import.meta.url)

async function startProbe(args: string[] = [], options: SpawnOptions = {}): Promise<LineProcess> {
  const probe = startTypeScript(probeFile, args, options)
  onTestFinished(() => probe.kill())
  expect(await probe.nextLine()).toBe('ready')
  return probe
}

test('takes the copies of one Ctrl-C for one wish, and a later one for hurry', async () => {
  const probe = await startProbe()
  // What terminal, npm and launcher pass on for one key press: all at once, for a busy machine may take its time between two lines.
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) probe.child.kill(signal)
  // Which of them is taken first is the kernel's choice: they may be handed to different threads.
  expect(await probe.nextLine()).toMatch(/^asked SIG(INT|TERM)$/)
  const next = probe.nextLine()
  expect(await Promise.race([next, delay(1500, 'nothing')])).toBe('nothing')
  probe.child.kill('SIGTERM')
  expect(await next).toBe('hurry')
})

test('stops when whoever started it is gone, if that was asked for', async () => {
  const probe = await startProbe(['--exit-with-parent'])
  probe.child.stdin?.end()
  expect(await probe.nextLine()).toBe('asked parent-gone')
})

test('does not care about the end of its input otherwise', async () => {
  const probe = await startProbe()
  probe.child.stdin?.end()
  probe.child.kill('SIGTERM')
  expect(await probe.nextLine()).toBe('asked SIGTERM')
})

test('stops when the launcher that holds its channel is gone', async () => {
  const probe = await startProbe([], { stdio: ['pipe', 'pipe', 'pipe', 'ipc'] })
  probe.child.disconnect()
  expect(await probe.nextLine()).toBe('asked parent-gone')
})
