import type { Page } from 'playwright'
import { sample } from '../src/testing/gallery-world.ts'
import type { StandInHub } from '../src/testing/stand-in-hub.ts'

export interface Scene {
  readonly name: string
  readonly show: (page: Page, hub: StandInHub) => Promise<void>
  readonly isSignedOut?: boolean
  /** A hub on its first day: no device, an account without password. */
  readonly isEmpty?: boolean
  /** The whole page, not only the screen. */
  readonly isWhole?: boolean
  /** The scene is about an error that the browser logs by itself. */
  readonly allowErrors?: boolean
  readonly locale?: string
}

const go = (path: string, text: string) => async (page: Page) => {
  await page.goto(path)
  await page.getByText(text, { exact: false }).first().waitFor()
}
const run = (hub: StandInHub, index: number) => hub.world.runs[index]?.id ?? ''
const device = (hub: StandInHub, index: number) => hub.world.devices[index]?.id ?? ''
const snapshot = (hub: StandInHub, index: number) => hub.world.snapshots[index]?.id ?? ''

/** Feeds a run some samples, so that speed, chart and time left show. */
async function feed(page: Page, hub: StandInHub): Promise<void> {
  const runId = hub.world.runs[0]?.id
  if (runId === undefined) return
  await page.getByRole('log').getByText('Read folder').first().waitFor()
  const start = sample()
  for (let tick = 1; tick <= 60; tick += 1) {
    const bytesDone = Math.round(start.bytesDone + tick * 21_000_000 + Math.sin(tick / 5) * 40_000_000)
    hub.live.tell(`run:${runId}`, {
      type: 'run.progress',
      body: {
        runId,
        sample: {
          ...start,
          elapsedMs: start.elapsedMs + tick * 500,
          bytesDone,
          filesDone: start.filesDone + tick * 90,
          bytesRead: Math.round(start.bytesRead),
          bytesTotal: Math.round(start.bytesTotal ?? 0),
        },
      },
    })
  }
  await page.waitForTimeout(300)
}

export const scenes: readonly Scene[] = [
  { name: 'sign-in', isSignedOut: true, allowErrors: true, show: go('/sign-in', 'Backups you can prove') },
  {
    name: 'sign-in-link-used',
    isSignedOut: true,
    allowErrors: true,
    show: go('/sign-in#token=a-link-that-was-used-before', 'used already'),
  },
  {
    name: 'credentials-offered',
    isSignedOut: true,
    isEmpty: true,
    allowErrors: true,
    show: async (page, hub) => go(`/sign-in#token=${hub.world.linkToken ?? ''}`, 'So you can come back')(page),
  },
  { name: 'devices', show: go('/', 'fileserver') },
  { name: 'devices-empty', isEmpty: true, show: go('/', 'Add your first device') },
  {
    name: 'device-add',
    show: async (page) => {
      await go('/devices', 'fileserver')(page)
      await page.getByRole('button', { name: 'Add device' }).click()
      await page.getByLabel('Name of the device').fill('nas-01')
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'device-add-command',
    show: async (page) => {
      await go('/devices', 'fileserver')(page)
      await page.getByRole('button', { name: 'Add device' }).click()
      await page.getByRole('button', { name: 'Make the command' }).click()
      await page.getByText('Waiting for the device').waitFor()
    },
  },
  { name: 'device', isWhole: true, show: async (page, hub) => go(`/devices/${device(hub, 0)}`, 'Newest snapshot')(page) },
  { name: 'device-new', show: async (page, hub) => go(`/devices/${device(hub, 5)}`, 'Nothing has run yet')(page) },
  {
    name: 'backup-dialog',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 0)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'Back up now' }).click()
      await page.getByText('Read everything again').waitFor()
    },
  },
  {
    name: 'backup-dialog-mistake',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 3)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'Back up now' }).click()
      await page.getByLabel('Folders').fill('Documents')
      await page.getByRole('button', { name: 'Start backup' }).click()
      await page.getByText('not an absolute path').waitFor()
    },
  },
  { name: 'runs', isWhole: true, show: go('/runs', 'fileserver') },
  { name: 'runs-empty', isEmpty: true, show: go('/runs', 'Nothing has run yet') },
  {
    name: 'run-running',
    isWhole: true,
    show: async (page, hub) => {
      await page.goto(`/runs/${run(hub, 0)}`)
      await feed(page, hub)
    },
  },
  {
    name: 'run-paused',
    show: async (page, hub) => {
      const paused = hub.world.runs[0]
      if (paused !== undefined) Object.assign(paused, { pausedAtMs: Date.now(), planName: 'Home', attempt: 2 })
      await go(`/runs/${run(hub, 0)}`, 'Paused. It goes on')(page)
    },
  },
  { name: 'run-scanning', show: async (page, hub) => go(`/runs/${run(hub, 1)}`, 'not known yet')(page) },
  { name: 'run-queued', show: async (page, hub) => go(`/runs/${run(hub, 2)}`, 'Waiting for its turn')(page) },
  { name: 'run-succeeded', isWhole: true, show: async (page, hub) => go(`/runs/${run(hub, 3)}`, 'Open the snapshot')(page) },
  { name: 'run-warning', isWhole: true, show: async (page, hub) => go(`/runs/${run(hub, 4)}`, 'Open the snapshot')(page) },
  { name: 'run-failed', show: async (page, hub) => go(`/runs/${run(hub, 5)}`, 'None of the sources')(page) },
  { name: 'run-expired', show: async (page, hub) => go(`/runs/${run(hub, 7)}`, 'no progress for its whole lease')(page) },
  { name: 'run-cancelled', show: async (page, hub) => go(`/runs/${run(hub, 8)}`, 'The run was cancelled')(page) },
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
  { name: 'snapshots', isWhole: true, show: go('/snapshots', 'fileserver') },
  { name: 'snapshots-empty', isEmpty: true, show: go('/snapshots', 'No snapshot yet') },
  { name: 'folder-top', show: async (page, hub) => go(`/snapshots/${snapshot(hub, 0)}`, '2 entries')(page) },
  { name: 'folder', isWhole: true, show: async (page, hub) => go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page) },
  { name: 'folder-empty', show: async (page, hub) => go(`/snapshots/${snapshot(hub, 0)}/etc`, 'This folder is empty')(page) },
  {
    name: 'folder-not-utf8',
    show: async (page, hub) =>
      go(
        `/snapshots/${snapshot(hub, 0)}/home/ada/x?b=${Buffer.from('/home/ada/caf\xe9', 'latin1').toString('base64url')}`,
        '1 entry',
      )(page),
  },
  {
    name: 'folder-large',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada/photos`, '25,000 entries')(page)
      await page.mouse.wheel(0, 60_000)
      await page.waitForTimeout(400)
    },
  },
  {
    name: 'entry-details',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page)
      await page.getByRole('button', { name: 'budget 2026.ods', exact: true }).click()
      await page.getByRole('link', { name: 'Download' }).waitFor()
    },
  },
  {
    name: 'restore-dialog',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page)
      await page.getByRole('button', { name: 'Restore this folder' }).click()
      await page.getByLabel('Target folder').fill('/tmp/restored')
    },
  },
  {
    name: 'restore-dialog-all',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 1)}`, '2 entries')(page)
      await page.getByRole('button', { name: 'Restore everything' }).click()
      await page.getByLabel('Target folder').fill('/tmp/restored')
    },
  },
  {
    name: 'verify-dialog',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}`, '2 entries')(page)
      await page.getByRole('button', { name: 'Check', exact: true }).click()
      await page.getByText('Check this snapshot?').waitFor()
    },
  },
  {
    name: 'path-missing',
    allowErrors: true,
    show: async (page, hub) => go(`/snapshots/${snapshot(hub, 0)}/no/such`, 'holds nothing')(page),
  },
  { name: 'run-missing', allowErrors: true, show: go('/runs/not-an-id', 'no such run') },
  { name: 'not-found', show: go('/nowhere', 'There is nothing here') },
  {
    name: 'account-menu',
    show: async (page) => {
      await go('/', 'fileserver')(page)
      await page.getByRole('button', { name: /account and settings/ }).click()
      await page.getByRole('menuitem', { name: 'Appearance' }).waitFor()
    },
  },
  {
    name: 'credentials-change',
    show: async (page) => {
      await go('/', 'fileserver')(page)
      await page.getByRole('button', { name: /account and settings/ }).click()
      await page.getByRole('menuitem', { name: 'E-mail and password' }).click()
      await page.getByLabel('Current password').waitFor()
    },
  },
  {
    name: 'offline',
    allowErrors: true,
    show: async (page, hub) => {
      await go('/', 'fileserver')(page)
      await page.waitForTimeout(300)
      await hub.close()
      await page.getByRole('status').getByText('Offline').waitFor({ timeout: 20_000 })
    },
  },
  { name: 'devices-german', locale: 'de-DE', show: go('/', 'fileserver') },
  { name: 'run-german', locale: 'de-DE', isWhole: true, show: async (page, hub) => go(`/runs/${run(hub, 4)}`, 'Snapshot öffnen')(page) },
]
