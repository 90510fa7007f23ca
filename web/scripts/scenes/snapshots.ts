import type { Run } from '@holdfast/shared-types'
import type { Page } from 'playwright'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { go, snapshot, type Scene } from './scene.ts'

async function openRestore(page: Page, hub: StandInHub): Promise<void> {
  await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page)
  await page.getByRole('button', { name: 'Restore this folder' }).click()
  await page.getByLabel('Target folder').waitFor()
}

async function chooseDevice(page: Page, name: string): Promise<void> {
  await page.getByLabel('To which device').click()
  await page.getByRole('option', { name: new RegExp(`^${name}`) }).click()
}

/** The device tells what it found. */
function endLook(hub: StandInHub): void {
  const run = hub.world.runs[0]
  if (run?.request.kind !== 'restore') return
  const over: Run = {
    ...run,
    state: 'warning',
    finishedAtMs: Date.now(),
    warningCount: 1,
    result: {
      kind: 'restore',
      snapshotId: run.request.snapshotId,
      dryRun: true,
      filesRequested: 71_233,
      filesWritten: 71_230,
      filesUnchanged: 68_001,
      filesSkipped: 3,
      bytesWritten: 2_311_998_112,
      entriesReplaced: 214,
      entriesRenamed: 0,
      bytesFree: 1_900_000_000,
      plan: Array.from({ length: 40 }, (_, index) => ({
        path: `/home/ada/projects/kernel/drivers/net/ethernet/unit-${index}.c`,
        action: index % 3 === 0 ? ('overwrite' as const) : ('create' as const),
      })),
    },
  }
  hub.world.runs[0] = over
  hub.live.tell(`run:${run.id}`, { type: 'run.changed', body: over })
}

const day = 86_400_000

function deleteSome({ world }: StandInHub): void {
  const at = Date.now()
  world.snapshots = world.snapshots.map((one, index) => {
    if (index > 4) return one
    const by = index % 2 === 0 ? 'retention of plan Home' : 'Ada'
    const deleted = { atMs: at - index * day, by, undoUntilMs: at + (3 - index) * day, isGoing: index === 4, replacedBy: null }
    return { ...one, deleted }
  })
}

const rewrittenOf = (hub: StandInHub) => ({
  why: 'purge' as const,
  atMs: Date.now() - 3 * 3_600_000,
  of: snapshot(hub, 1) as never,
  entriesDropped: 3,
  bytesDropped: 41_213,
})

function hold({ world }: StandInHub): void {
  const held = { atMs: Date.now() - 2 * day, by: 'Ada', reason: 'Evidence of the break-in on Friday; the lawyers ask for it until spring.' }
  world.snapshots = world.snapshots.map((one, index) => (index === 0 ? { ...one, held } : one))
}

export const snapshotsScenes: readonly Scene[] = [
  { name: 'snapshots', isWhole: true, show: go('/snapshots', 'fileserver') },
  {
    name: 'snapshots-held',
    show: async (page, hub) => {
      const held = { atMs: Date.now() - day, by: 'Ada', reason: 'The audit of 2026 asks for it.' }
      hub.world.snapshots = hub.world.snapshots.map((one, index) => ({
        ...one,
        held: index % 3 === 0 ? held : null,
        rewritten: index % 2 === 0 ? rewrittenOf(hub) : null,
      }))
      await go('/snapshots', 'fileserver')(page)
    },
  },
  {
    name: 'snapshot-rewritten',
    show: async (page, hub) => {
      hub.world.snapshots = hub.world.snapshots.map((one, index) => (index === 0 ? { ...one, rewritten: rewrittenOf(hub) } : one))
      await go(`/snapshots/${snapshot(hub, 0)}`, 'Something was removed from this snapshot')(page)
    },
  },
  {
    name: 'snapshot-replaced',
    show: async (page, hub) => {
      deleteSome(hub)
      const [first, second] = hub.world.snapshots
      if (first !== undefined && second !== undefined && first.deleted !== null) first.deleted.replacedBy = second.id
      await go(`/snapshots/${snapshot(hub, 0)}`, 'has taken its place')(page)
    },
  },
  {
    name: 'snapshots-choosing',
    show: async (page) => {
      await go('/snapshots', 'fileserver')(page)
      await page.getByRole('button', { name: 'Choose', exact: true }).click()
      await page.getByRole('checkbox').nth(0).click()
      await page.getByRole('checkbox').nth(1).click()
      await page.getByText('2 chosen').waitFor()
    },
  },
  {
    name: 'snapshots-deleted',
    show: async (page, hub) => {
      deleteSome(hub)
      await go('/snapshots?kept=deleted', 'Can be had back')(page)
    },
  },
  { name: 'snapshots-deleted-empty', show: go('/snapshots?kept=deleted', 'Nothing was deleted lately') },
  {
    name: 'snapshot-delete-dialog',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}`, '2 entries')(page)
      await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
      await page.getByText('less than a week old').waitFor()
    },
  },
  {
    name: 'snapshot-delete-held',
    show: async (page, hub) => {
      hold(hub)
      await go(`/snapshots/${snapshot(hub, 0)}`, 'Held by Ada')(page)
      await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
      await page.getByText('It has to be released first').waitFor()
    },
  },
  {
    name: 'snapshot-hold-dialog',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}`, '2 entries')(page)
      await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Hold' }).click()
      await page.getByLabel('Why').fill('Evidence of the break-in on Friday')
    },
  },
  {
    name: 'snapshot-held',
    show: async (page, hub) => {
      hold(hub)
      await go(`/snapshots/${snapshot(hub, 0)}`, 'Held by Ada')(page)
    },
  },
  {
    name: 'snapshot-deleted',
    show: async (page, hub) => {
      deleteSome(hub)
      await go(`/snapshots/${snapshot(hub, 0)}`, 'Can be had back')(page)
    },
  },
  { name: 'snapshots-empty', isEmpty: true, show: go('/snapshots', 'No snapshot yet') },
  { name: 'folder-top', show: async (page, hub) => go(`/snapshots/${snapshot(hub, 0)}`, '2 entries')(page) },
  { name: 'folder', isWhole: true, show: async (page, hub) => go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page) },
  {
    name: 'folder-deleted',
    isWhole: true,
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page)
      await page.getByRole('switch', { name: 'Show 2 deleted' }).click()
      await page.getByText('12 entries').waitFor()
      await page.getByRole('button', { name: 'budget 2024.ods', exact: true }).click()
      await page.getByText('When a backup first found it gone').waitFor()
    },
  },
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
    name: 'folder-selection',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada/photos`, '25,000 entries')(page)
      await page.getByRole('checkbox', { name: 'Choose IMG_00001.jpg' }).click()
      await page.getByRole('checkbox', { name: 'Choose IMG_00005.jpg' }).click({ modifiers: ['Shift'] })
      await page.getByText('5 chosen').waitFor()
    },
  },
  {
    name: 'restore-dialog',
    show: async (page, hub) => {
      await openRestore(page, hub)
      await page.getByLabel('Target folder').fill('/tmp/restored')
    },
  },
  {
    name: 'restore-dialog-browse',
    show: async (page, hub) => {
      await openRestore(page, hub)
      await page.getByRole('button', { name: 'Browse' }).click()
      await page.getByRole('button', { name: 'srv' }).click()
      await page.getByText('nobody dares').waitFor()
    },
  },
  {
    name: 'restore-dialog-original',
    show: async (page, hub) => {
      await openRestore(page, hub)
      await page.getByRole('radio', { name: 'Back to the original place' }).click()
      await page.getByText('can be replaced').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'restore-dialog-other',
    show: async (page, hub) => {
      await openRestore(page, hub)
      await chooseDevice(page, 'web-frankfurt')
      await page.getByRole('radio', { name: 'Back to the original place' }).click()
      await page.getByText('has files of its own at these places').waitFor()
      await page.getByText('To which device').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'restore-dialog-gone',
    show: async (page, hub) => {
      const first = hub.world.snapshots[0]
      hub.world.devices = hub.world.devices.map((one) => (one.id === first?.agentId ? { ...one, online: false, revokedAtMs: 1 } : one))
      await openRestore(page, hub)
      await page.getByRole('button', { name: 'Start restore' }).click()
      await page.getByText('Choose the device to restore to').waitFor()
    },
  },
  {
    name: 'restore-dialog-nowhere',
    show: async (page, hub) => {
      hub.world.devices = hub.world.devices.filter(({ host }) => host.os !== 'linux').map((one) => ({ ...one, revokedAtMs: 1 }))
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, '10 entries')(page)
      await page.getByRole('button', { name: 'Restore this folder' }).click()
      await page.getByText('is no longer here').waitFor()
    },
  },
  {
    name: 'restore-dialog-looking',
    show: async (page, hub) => {
      await openRestore(page, hub)
      await page.getByLabel('Target folder').fill('/tmp/restored')
      await page.getByRole('button', { name: 'Look first' }).click()
      await page.getByText('Waiting for the device').waitFor()
    },
  },
  {
    name: 'restore-dialog-looked',
    show: async (page, hub) => {
      await openRestore(page, hub)
      await page.getByRole('radio', { name: 'Back to the original place' }).click()
      await page.getByRole('button', { name: 'Look first' }).click()
      await page.getByText('Waiting for the device').waitFor()
      endLook(hub)
      await page.getByText('This would be done').waitFor()
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
]
