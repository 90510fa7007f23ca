import type { Device, Run, RunEvent } from '@holdfast/shared-types'
import type { Page } from 'playwright'
import { logOf, sample } from '../../src/testing/gallery-world.ts'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { aBackupRun, aDevice, anUuid, hour, minute, runEvents } from '../../src/testing/world.ts'
import { go, type Scene } from './scene.ts'

const planId = anUuid<NonNullable<Run['planId']>>()
const ofPlan = { planId, planName: 'Home directories, nightly', requestedBy: 'Schedule', attempts: 4 }

type Steps = Parameters<typeof runEvents> extends [number, ...infer Rest] ? Rest : never
interface Staged {
  readonly device?: number
  readonly run: (nowMs: number) => Partial<Run>
  readonly steps?: Steps
  /** Other runs beside it. */
  readonly beside?: (device: Device, nowMs: number) => readonly Run[]
}

const whole = (progress: ReturnType<typeof sample>) => ({
  ...progress,
  bytesDone: Math.round(progress.bytesDone),
  bytesTotal: progress.bytesTotal === null ? null : Math.round(progress.bytesTotal),
  bytesRead: Math.round(progress.bytesRead),
})

/** Puts one run of a kind into the world and opens its page. */
function stage(hub: StandInHub, { device: at = 0, run, steps = [], beside }: Staged): Run {
  const nowMs = Date.now()
  const device = hub.world.devices[at] ?? aDevice()
  const staged = aBackupRun(device, { createdAtMs: nowMs - minute, ...ofPlan, ...run(nowMs) })
  hub.world.runs = [...(beside?.(device, nowMs) ?? []), staged, ...hub.world.runs.filter(({ agentId }) => agentId !== device.id)]
  const events: RunEvent[] = runEvents(staged.createdAtMs, ...steps)
  hub.world.runEvents.set(staged.id, events)
  if (staged.startedAtMs !== null) hub.world.logs.set(staged.id, logOf(60))
  return staged
}

const scene = (name: string, staged: Staged, text: string, then?: (page: Page) => Promise<void>): Scene => ({
  name: `run-${name}`,
  isWhole: true,
  show: async (page, hub) => {
    const run = stage(hub, staged)
    await go(`/runs/${run.id}`, text)(page)
    await then?.(page)
  },
})
const begun = [
  ['ordered', 'queued'],
  ['offer', 'offered'],
  ['accepted', 'running'],
] as const

/** Every state that a run can be in. */
export const runStateScenes: readonly Scene[] = [
  scene('queued-offline', { device: 3, run: () => ({}), steps: [['ordered', 'queued']] }, 'is offline'),
  scene(
    'queued-behind',
    {
      run: () => ({}),
      steps: [['ordered', 'queued']],
      beside: (device, nowMs) => [aBackupRun(device, { state: 'running', startedAtMs: nowMs - hour, createdAtMs: nowMs - hour })],
    },
    'Waits for another run',
  ),
  scene(
    'queued-retry',
    { run: (nowMs) => ({ attempt: 2, notBeforeMs: nowMs + 24 * minute }), steps: [['retried', 'queued']] },
    'Waits for its next try',
  ),
  scene(
    'offered',
    {
      run: () => ({ state: 'offered' }),
      steps: [
        ['ordered', 'queued'],
        ['offer', 'offered'],
        ['declined', 'queued'],
        ['offer', 'offered'],
      ],
    },
    'Offered to',
  ),
  scene(
    'committing',
    {
      run: (nowMs) => ({
        state: 'committing',
        startedAtMs: nowMs - 300_000,
        progress: whole(
          sample({ phase: 'finishing', filesDone: 79_213, bytesDone: 14.6 * 1024 ** 3, currentPath: null, elapsedMs: 300_000 }),
        ),
      }),
      steps: [...begun, ['commit', 'committing']],
    },
    'Everything is stored',
  ),
  scene(
    'failed-retried',
    {
      run: (nowMs) => ({
        state: 'failed',
        startedAtMs: nowMs - 50_000,
        finishedAtMs: nowMs - 20_000,
        error: { code: 'store.unavailable', message: 'The object store does not answer.', cure: 'Check the store and its network.' },
      }),
      steps: [...begun, ['agent-lost', 'running'], ['in-hand', 'running'], ['finished', 'failed', 'store.unavailable']],
      beside: (device, nowMs) => [
        aBackupRun(device, { ...ofPlan, attempt: 2, notBeforeMs: nowMs + 10 * minute, createdAtMs: nowMs - 19_000 }),
      ],
    },
    'tries it again',
  ),
  scene(
    'superseded',
    {
      run: (nowMs) => ({
        state: 'cancelled',
        finishedAtMs: nowMs - 20_000,
        error: { code: 'run.superseded', message: 'Another run took its place.', cure: 'Look at that run.' },
      }),
      steps: [
        ['retried', 'queued'],
        ['superseded', 'cancelled', 'run.superseded'],
      ],
    },
    'took its place',
  ),
  scene(
    'cancelling',
    {
      run: (nowMs) => ({ state: 'running', startedAtMs: nowMs - 50_000, progress: whole(sample({ elapsedMs: 50_000 })) }),
      steps: [...begun, ['cancel', 'running']],
    },
    'Cancelling',
  ),
  scene(
    'again-dialog',
    {
      run: (nowMs) => ({ state: 'succeeded', startedAtMs: nowMs - 50_000, finishedAtMs: nowMs - 20_000 }),
      steps: [...begun, ['finished', 'succeeded']],
    },
    'Run again',
    async (page) => {
      await page.getByRole('button', { name: 'Run again' }).click()
      await page.getByText('starts at once').waitFor()
    },
  ),
]
