import type { Run } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { connectionState } from '../../platform/realtime/connection.ts'
import { startLiveLink, stopLiveLink } from '../../platform/realtime/live-link.ts'
import { browserAt } from '../../testing/browser-at.ts'
import { startStandInHub, type StandInHub } from '../../testing/stand-in-hub.ts'
import { aBackupRun, aDevice, aLogLine, aWorld } from '../../testing/world.ts'
import { useWatchedRun } from './watch-run.ts'

const device = aDevice()
let hub: StandInHub
let run: Run
let scope: EffectScope

beforeEach(async () => {
  run = aBackupRun(device, { state: 'running', startedAtMs: Date.now() })
  hub = await startStandInHub({ world: aWorld({ devices: [device], runs: [run] }) })
  browserAt(hub.url)
  scope = effectScope()
  startLiveLink()
})
afterEach(async () => {
  scope.stop()
  stopLiveLink()
  await hub.close()
})

const progress = (elapsedMs: number, filesDone: number) => ({
  phase: 'transferring' as const,
  filesDone,
  bytesDone: filesDone * 1000,
  filesTotal: 100,
  bytesTotal: 100_000,
  filesRead: filesDone,
  bytesRead: 0,
  bytesStored: 0,
  warnings: 0,
  currentPath: null,
  elapsedMs,
})
/** A line as a hub has it: in the stored log and told to who listens. */
function log(from: number, to: number): void {
  const lines = hub.world.logs.get(run.id) ?? []
  for (let seq = from; seq <= to; seq += 1) {
    const line = aLogLine(seq)
    lines.push(line)
    hub.live.tell(`run:${run.id}`, { type: 'run.log', body: line })
  }
  hub.world.logs.set(run.id, lines)
}
const watchRun = () => scope.run(() => useWatchedRun(run.id)) ?? expect.unreachable()
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)
const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })

test('pages of the log, live lines and what was missed in a cut make one log without gap or duplicate', async () => {
  log(1, 2500)
  const watched = watchRun()
  const seqs = () => watched.log.lines.value.map(({ seq }) => seq)
  await soon(() => expect(watched.log.lines.value.length).toBeGreaterThanOrEqual(1000))
  log(2501, 2600)
  await soon(() => expect(seqs()).toEqual(upTo(2600)))
  await soon(() => expect(connectionState.value).toBe('live'))

  hub.live.cutLinks()
  log(2601, 3000)
  await soon(() => expect(seqs()).toEqual(upTo(3000)))
  expect(watched.log.isLoading.value).toBe(false)
})

test('state and figures follow live, and an end is final', async () => {
  const watched = watchRun()
  await soon(() => expect(watched.run.value?.state).toBe('running'))
  await soon(() => expect(connectionState.value).toBe('live'))
  // The page is open before its subscription stands: figures are lost then, on purpose.
  await soon(() => {
    hub.live.tell(`run:${run.id}`, { type: 'run.progress', body: { runId: run.id, sample: progress(1000, 10) } })
    expect(watched.progress.value?.filesDone).toBe(10)
  })
  hub.setRun({ ...run, state: 'succeeded', finishedAtMs: Date.now(), progress: progress(2000, 100) })
  await soon(() => expect(watched.run.value?.state).toBe('succeeded'))
  expect(watched.isRunActive.value).toBe(false)
  watched.takeRun(run)
  expect(watched.run.value?.state).toBe('succeeded')
})

test('a change between reading the log and reading the run is not missed', async () => {
  const watched = watchRun()
  // At once: while the page asks for the first time.
  hub.setRun({ ...run, state: 'committing' })
  await soon(() => expect(watched.run.value?.state).toBe('committing'))
})

test('a run that does not exist is an error with its code', async () => {
  hub.world.runs.length = 0
  const watched = watchRun()
  await soon(() => expect(watched.error.value).toMatchObject({ code: 'run.not-found' }))
})

test('an answer that was under way does not undo what was told meanwhile', async () => {
  const watched = watchRun()
  await soon(() => expect(watched.run.value?.state).toBe('running'))
  await soon(() => expect(hub.live.listeners(`run:${run.id}`)).toBe(1))
  const held = Promise.withResolvers<void>()
  const fetchNow = globalThis.fetch
  const answered = vi.fn()
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const answer = await fetchNow(address, init)
    if (!address.endsWith(`/runs/${run.id}`)) return answer
    answered()
    await held.promise
    return answer
  })
  try {
    const read = watched.retry()
    await soon(() => expect(answered).toHaveBeenCalled())
    hub.setRun({ ...run, pausedAtMs: 1 })
    await soon(() => expect(watched.run.value?.pausedAtMs).toBe(1))
    held.resolve()
    await read
    expect(watched.run.value?.pausedAtMs).toBe(1)
  } finally {
    vi.unstubAllGlobals()
  }
})
