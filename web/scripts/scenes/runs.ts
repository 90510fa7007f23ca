import type { RunCurve } from '@holdfast/shared-types'
import type { Page } from 'playwright'
import { logOf, sample } from '../../src/testing/gallery-world.ts'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { aBackupRun, minute, runEvents } from '../../src/testing/world.ts'
import { runStateScenes } from './run-states.ts'
import { go, run, type Scene } from './scene.ts'

const gib = 1024 ** 3

/** What a hub remembers of a minute and a half of work, with a time in between when the link was cut. */
function curveUpTo(atMs: number, bytesDone: number): RunCurve {
  const seconds = Array.from({ length: 92 }, (_, index) => 92 - index).filter((ago) => ago < 38 || ago > 60)
  const items = seconds.map((ago) => {
    const done = Math.round(bytesDone - ago * 70_000_000 + Math.sin(ago / 4) * 90_000_000)
    return { atMs: atMs - ago * 1000, bytesDone: done, bytesRead: done - gib, bytesStored: Math.round((done - gib) / 3) }
  })
  return { items, spacingMs: 1000 }
}

/** Feeds a run some samples at the hub's pace, so that speeds and the end show. */
async function feed(page: Page, hub: StandInHub): Promise<void> {
  const runId = hub.world.runs[0]?.id
  if (runId === undefined) return
  const start = sample()
  hub.world.runCurves.set(runId, curveUpTo(Date.now(), Math.round(start.bytesDone)))
  hub.world.runEvents.set(
    runId,
    runEvents(
      Date.now() - 95_000,
      ['ordered', 'queued'],
      ['offer', 'offered'],
      ['accepted', 'running'],
      ['paused', 'running'],
      ['resumed', 'running'],
    ),
  )
  await page.goto(`/runs/${runId}`)
  await page.getByRole('log').getByText('Read folder').first().waitFor()
  for (let tick = 1; tick <= 6; tick += 1) {
    const bytesDone = Math.round(start.bytesDone + tick * 31_000_000)
    const body = {
      runId,
      sample: {
        ...start,
        elapsedMs: start.elapsedMs + tick * 500,
        bytesDone,
        filesDone: start.filesDone + tick * 90,
        bytesRead: bytesDone - gib,
        bytesStored: Math.round((bytesDone - gib) / 3),
        bytesTotal: Math.round(start.bytesTotal ?? 0),
      },
    }
    hub.live.tell(`run:${runId}`, { type: 'run.progress', body })
    await page.waitForTimeout(450)
  }
}

/** Thousands of runs below those of the gallery, and a few that begin while somebody reads further down. */
async function scrollFar(page: Page, hub: StandInHub): Promise<void> {
  const [atlas] = hub.world.devices
  if (atlas === undefined) return
  const nowMs = Date.now()
  for (let index = 0; index < 3000; index += 1) {
    const at = nowMs - (5 * 24 * 60 + index * 20) * minute
    const state = index % 17 === 3 ? 'warning' : index % 31 === 5 ? 'failed' : 'succeeded'
    hub.world.runs.push(
      aBackupRun(atlas, { state, createdAtMs: at, startedAtMs: at, finishedAtMs: at + 95_000, warningCount: state === 'warning' ? 3 : 0 }),
    )
  }
  await go('/runs', 'fileserver')(page)
  for (let step = 0; step < 12; step += 1) {
    await page.mouse.wheel(0, 3_000)
    await page.waitForTimeout(120)
  }
  for (let index = 0; index < 3; index += 1) hub.setRun(aBackupRun(atlas, { createdAtMs: Date.now() }))
  await page.getByRole('button', { name: '3 new runs' }).waitFor()
}

/** A log of 100,000 lines, as it is when it has been read whole. */
async function openLargeLog(page: Page, hub: StandInHub): Promise<void> {
  const runId = hub.world.runs[4]?.id
  if (runId === undefined) return
  hub.world.logs.set(runId, logOf(100_000))
  await page.goto(`/runs/${runId}`)
  await page.getByRole('heading', { name: 'Log' }).locator('..').getByText('100,000').waitFor({ timeout: 60_000 })
}

export const runsScenes: readonly Scene[] = [
  { name: 'runs', isWhole: true, show: go('/runs', 'fileserver') },
  { name: 'runs-empty', isEmpty: true, show: go('/runs', 'Nothing has run yet') },
  { name: 'runs-attention', show: go('/runs?state=attention&time=7d', 'reception') },
  { name: 'runs-none', show: go('/runs?state=cancelled&kind=verify', 'No run fits') },
  { name: 'runs-days', show: go('/runs?from=2026-01-01&to=2026-01-31&kind=backup', 'No run fits') },
  { name: 'runs-far', show: scrollFar },
  { name: 'runs-german', locale: 'de-DE', show: go('/runs', 'fileserver') },
  { name: 'run-running', isWhole: true, show: feed },
  {
    name: 'run-viewer',
    show: async (page, hub) => {
      hub.world.user = { ...hub.world.user, role: 'viewer' }
      await feed(page, hub)
    },
  },
  {
    name: 'run-log-search',
    show: async (page, hub) => {
      await openLargeLog(page, hub)
      await page.getByRole('searchbox').fill('pack 7f3')
      await page.getByRole('searchbox').press('Enter')
      await page.getByRole('searchbox').press('Enter')
      await page.getByText('2 of').waitFor()
      await page.getByRole('log').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'run-log-let-go',
    show: async (page, hub) => {
      await go(`/runs/${run(hub, 0)}`, 'Transferring')(page)
      const log = page.getByRole('log')
      await log.getByText('Read folder').first().waitFor()
      await page.waitForTimeout(300)
      await log.hover()
      await page.mouse.wheel(0, -300)
      await page.waitForTimeout(300)
      for (const line of logOf(352).slice(340)) hub.live.tell(`run:${run(hub, 0)}`, { type: 'run.log', body: line })
      await page.getByRole('button', { name: '12 new lines' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'run-paused',
    show: async (page, hub) => {
      const paused = hub.world.runs[0]
      if (paused !== undefined) Object.assign(paused, { pausedAtMs: Date.now(), planName: 'Home', attempt: 2 })
      await go(`/runs/${run(hub, 0)}`, 'Paused since')(page)
    },
  },
  {
    name: 'run-waits-for-hub',
    show: async (page, hub) => {
      const waiting = hub.world.runs[0]
      if (waiting !== undefined) Object.assign(waiting, { waitsFor: { code: 'store.full', sinceMs: Date.now() - 600_000 } })
      await go(`/runs/${run(hub, 0)}`, 'Waiting since')(page)
    },
  },
  { name: 'run-scanning', show: async (page, hub) => go(`/runs/${run(hub, 1)}`, 'how much there is to do')(page) },
  { name: 'run-queued', show: async (page, hub) => go(`/runs/${run(hub, 2)}`, 'is offline')(page) },
  { name: 'run-succeeded', isWhole: true, show: async (page, hub) => go(`/runs/${run(hub, 3)}`, 'Open the snapshot')(page) },
  { name: 'run-warning', isWhole: true, show: async (page, hub) => go(`/runs/${run(hub, 4)}`, 'Open the snapshot')(page) },
  { name: 'run-failed', show: async (page, hub) => go(`/runs/${run(hub, 5)}`, 'None of the sources')(page) },
  { name: 'run-expired', show: async (page, hub) => go(`/runs/${run(hub, 7)}`, 'no progress for its whole lease')(page) },
  { name: 'run-cancelled', show: async (page, hub) => go(`/runs/${run(hub, 8)}`, 'What was stored already')(page) },
  { name: 'run-restore', show: async (page, hub) => go(`/runs/${run(hub, 9)}`, 'Requested')(page) },
  { name: 'run-verify', show: async (page, hub) => go(`/runs/${run(hub, 10)}`, 'Pieces checked')(page) },
  {
    name: 'run-cancel-dialog',
    show: async (page, hub) => {
      await go(`/runs/${run(hub, 0)}`, 'Transferring')(page)
      await page.getByRole('button', { name: 'Cancel run' }).click()
      await page.getByText('Cancel this backup?').waitFor()
    },
  },
  ...runStateScenes,
  { name: 'run-missing', allowErrors: true, show: go('/runs/not-an-id', 'no such run') },
  { name: 'run-german', locale: 'de-DE', isWhole: true, show: async (page, hub) => go(`/runs/${run(hub, 4)}`, 'Snapshot öffnen')(page) },
]
