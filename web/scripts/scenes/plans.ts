import type { Page } from 'playwright'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { device, go, type Scene } from './scene.ts'

const plan = (hub: StandInHub, index: number) => hub.world.plans[index]?.id ?? ''
const row = (page: Page, name: string) => page.getByRole('treeitem', { name }).first()
const press = (page: Page, name: string) => row(page, name).locator('[data-box]').click()

/** Opens the editor of a new plan and its disk down to the home of Ada. */
async function browse(page: Page, hub: StandInHub): Promise<void> {
  await go(`/plans/new?device=${device(hub, 0)}`, 'New plan')(page)
  await row(page, 'home').click()
  await row(page, 'ada').click()
  await row(page, 'Documents').waitFor()
}

/** What rules would do to three weeks of backups, one a day. */
function previewRules({ world }: StandInHub): void {
  const snapshots = Array.from({ length: 21 }, (_, index) => ({
    snapshotId: `0000000000000000000000000000${String(index).padStart(4, '0')}` as never,
    createdAtMs: Date.now() - index * 86_400_000,
    status: 'complete' as const,
    bytes: 14_600_000_000,
    keptFor:
      index === 0
        ? (['daily', 'weekly', 'newest'] as const)
        : index < 8
          ? (['daily'] as const)
          : index % 7 === 0
            ? (['weekly'] as const)
            : [],
    bytesOwn: index < 8 || index % 7 === 0 ? null : 112_331_120 + index * 9_000_000,
  })).map((one) => ({ ...one, keptFor: [...one.keptFor] }))
  const goes = snapshots.filter(({ keptFor }) => keptFor.length === 0).length
  world.retentionPreview = {
    snapshots,
    goes,
    bytesFreed: 4_112_331_120,
    undoDays: 14,
    needsWord: goes * 2 > snapshots.length,
    timeZone: 'Europe/Berlin',
    withoutRules: 3,
  }
}

async function openRules(page: Page, hub: StandInHub, edit: string, title: string): Promise<void> {
  previewRules(hub)
  await go(`/plans/${plan(hub, 0)}/edit`, edit)(page)
  await page.getByRole('button', { name: title }).click()
  await page.getByText('Europe/Berlin').waitFor()
}

function letWait({ world }: StandInHub): void {
  const [home] = world.plans
  if (home === undefined) return
  const snapshotIds = Array.from({ length: 37 }, (_, index) => `0000000000000000000000000000${String(index).padStart(4, '0')}` as never)
  const { id: planId, name: planName, agentId, deviceName } = home
  world.retentionWaits = [
    {
      id: '00000000-0000-4000-8000-00000000eeee',
      planId,
      planName,
      agentId,
      deviceName,
      foundAtMs: Date.now(),
      snapshotIds,
      total: 52,
      bytesFreed: 21_112_331_120,
      versions: null,
    },
  ]
}

export const plansScenes: readonly Scene[] = [
  { name: 'plans', isWhole: true, show: go('/plans', 'Databases') },
  { name: 'plans-empty', isEmpty: true, show: go('/plans', 'Make your first plan') },
  { name: 'plans-filtered', show: go('/plans?state=attention', 'Documents of the reception') },
  {
    name: 'plans-viewer',
    show: async (page, hub) => {
      hub.world.user = { ...hub.world.user, role: 'viewer' }
      await go('/plans', 'Databases')(page)
    },
  },
  {
    name: 'plans-many',
    show: async (page, hub) => {
      const [first] = hub.world.plans
      if (first !== undefined)
        hub.world.plans = Array.from({ length: 3_000 }, (_, index) => ({
          ...first,
          id: `00000000-0000-4000-9000-${String(index).padStart(12, '0')}` as typeof first.id,
          name: `Home of machine ${index}`,
        }))
      await go('/plans', 'Home of machine')(page)
      await page.mouse.wheel(0, 60_000)
      await page.waitForTimeout(400)
    },
  },
  { name: 'plan', isWhole: true, show: async (page, hub) => go(`/plans/${plan(hub, 0)}`, 'Size of the backups')(page) },
  { name: 'plan-shrunk', show: async (page, hub) => go(`/plans/${plan(hub, 1)}`, 'Accept the new size')(page) },
  { name: 'plan-cannot-run', show: async (page, hub) => go(`/plans/${plan(hub, 6)}`, 'was removed from the hub')(page) },
  { name: 'plan-off', show: async (page, hub) => go(`/plans/${plan(hub, 7)}`, 'This plan is switched off')(page) },
  { name: 'plan-missing', show: go('/plans/00000000-0000-4000-8000-ffffffffffff', 'There is no such plan') },
  {
    name: 'plan-delete',
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}`, 'Size of the backups')(page)
      await page.getByRole('button', { name: 'More', exact: true }).last().click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
      await page.getByText('Delete the plan').waitFor()
    },
  },
  { name: 'plan-new', isWhole: true, show: async (page, hub) => go(`/plans/new?device=${device(hub, 0)}`, 'swapfile')(page) },
  {
    name: 'plan-browsing',
    show: async (page, hub) => {
      await browse(page, hub)
      await press(page, 'ada')
      await press(page, 'Downloads')
      await page.getByText('18.2').or(page.getByText('17.0')).first().waitFor()
    },
  },
  {
    name: 'plan-large-folder',
    show: async (page, hub) => {
      await browse(page, hub)
      await row(page, 'photos').click()
      await row(page, 'IMG_00000').waitFor()
      await row(page, 'IMG_00000').hover()
      await page.mouse.wheel(0, 20_000)
      await page.waitForTimeout(400)
    },
  },
  {
    name: 'plan-folder-error',
    allowErrors: true,
    show: async (page, hub) => {
      await go(`/plans/new?device=${device(hub, 0)}`, 'swapfile')(page)
      await row(page, 'locked').click()
      await page.getByText('The agent may not read this.').waitFor()
    },
  },
  {
    name: 'plan-preview',
    isWhole: true,
    show: async (page, hub) => {
      await browse(page, hub)
      await press(page, 'home')
      const rules = page.getByRole('button', { name: 'What to leave out' })
      if ((await rules.getAttribute('aria-expanded')) === 'false') await rules.click()
      await page.getByRole('button', { name: 'Add the pattern node_modules/' }).click()
      await page.getByRole('button', { name: 'rules and their reasons' }).first().click()
      await page.getByText('/home/ada/projects/website/node_modules').waitFor()
    },
  },
  {
    name: 'plan-mistake',
    isWhole: true,
    show: async (page, hub) => {
      await browse(page, hub)
      const rules = page.getByRole('button', { name: 'What to leave out' })
      if ((await rules.getAttribute('aria-expanded')) === 'false') await rules.click()
      await page.getByLabel('Own patterns').fill('*.tmp\n./build\n[abc')
      await page.getByRole('button', { name: 'Save plan' }).click()
      await page.getByText('Correct it first').waitFor()
    },
  },
  {
    name: 'plan-offline-device',
    isWhole: true,
    show: async (page, hub) => {
      await go(`/plans/new?device=${device(hub, 3)}`, 'its folders cannot be shown')(page)
      await page.getByLabel('Path on the device').fill('Documents')
      await page.getByRole('button', { name: 'Add path' }).click()
      await page.getByText('is not an absolute path').waitFor()
    },
  },
  {
    name: 'plan-edit',
    isWhole: true,
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, 'Edit “Home”')(page)
      await page.getByRole('button', { name: 'If something goes wrong' }).click()
      await page.getByText('each wait is twice').waitFor()
    },
  },
  {
    name: 'plan-deleted-files',
    isWhole: true,
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, 'Edit “Home”')(page)
      await page.getByRole('button', { name: 'Deleted files' }).click()
      await page.getByRole('radio', { name: 'Kept in the newest snapshot' }).click()
    },
  },
  {
    name: 'plan-compression',
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, 'Edit “Home”')(page)
      await page.getByRole('button', { name: 'Compression' }).click()
      await page.getByText('Right for nearly everything').scrollIntoViewIfNeeded()
      await page.mouse.wheel(0, 400)
      await page.waitForTimeout(400)
    },
  },
  {
    name: 'plan-retention',
    isWhole: true,
    show: async (page, hub) => openRules(page, hub, 'Edit “Home”', 'How long it is kept'),
  },
  {
    name: 'plan-retention-own',
    isWhole: true,
    show: async (page, hub) => {
      await openRules(page, hub, 'Edit “Home”', 'How long it is kept')
      await page.getByRole('radio', { name: 'Own rules' }).click()
      await page.getByLabel('Whatever is younger stays').fill('0')
      await page.getByText('Snapshots of the last days go as well').waitFor()
    },
  },
  {
    name: 'plan-retention-less',
    isWhole: true,
    show: async (page, hub) => {
      hub.world.user = { ...hub.world.user, role: 'operator' }
      await openRules(page, hub, 'Edit “Home”', 'How long it is kept')
      await page.getByRole('radio', { name: 'Own rules' }).click()
      await page.getByLabel('Days, one of each').fill('1')
      await page.getByText('Only an administrator can let a plan keep less').waitFor()
    },
  },
  {
    name: 'plan-retention-german',
    locale: 'de-DE',
    isWhole: true,
    show: async (page, hub) => openRules(page, hub, '„Home“ bearbeiten', 'Wie lange behalten wird'),
  },
  {
    name: 'plan-versions',
    isWhole: true,
    show: async (page, hub) => {
      hub.world.versionLimit = { snapshots: 31, entries: 12_113, bytes: 31_112_331_120, ofEntries: 20_312, needsWord: true }
      await openRules(page, hub, 'Edit “Home”', 'How long it is kept')
      await page.getByRole('radio', { name: 'Own rules' }).click()
      await page.getByLabel('Versions of each file, at most').fill('4')
      await page.getByRole('button', { name: 'Look what would go' }).click()
      await page.getByText('would leave 31 snapshots').waitFor()
    },
  },
  {
    name: 'plan-versions-german',
    locale: 'de-DE',
    isWhole: true,
    show: async (page, hub) => {
      hub.world.versionLimit = { snapshots: 31, entries: 2_113, bytes: 3_112_331_120, ofEntries: 20_312, needsWord: false }
      await openRules(page, hub, '„Home“ bearbeiten', 'Wie lange behalten wird')
      await page.getByRole('radio', { name: 'Dokumente' }).click()
      await page.getByRole('button', { name: 'Nachsehen, was ginge' }).click()
      await page.getByText('in jedem Snapshot neu gezählt').waitFor()
    },
  },
  {
    name: 'plan-versions-waiting',
    show: async (page, hub) => {
      letWait(hub)
      const versions = { perFile: 4, snapshots: 31, entries: 12_113, bytes: 31_112_331_120, ofEntries: 20_312 }
      hub.world.retentionWaits = hub.world.retentionWaits.map((wait) => ({ ...wait, snapshotIds: [], bytesFreed: 0, versions }))
      await go(`/plans/${plan(hub, 0)}`, 'Old versions of files wait')(page)
    },
  },
  {
    name: 'plan-waiting',
    show: async (page, hub) => {
      letWait(hub)
      await go(`/plans/${plan(hub, 0)}`, '37 snapshots wait for your word')(page)
    },
  },
  {
    name: 'plan-waiting-asked',
    show: async (page, hub) => {
      letWait(hub)
      await go(`/plans/${plan(hub, 0)}`, '37 snapshots wait for your word')(page)
      await page.getByRole('button', { name: 'Delete them' }).click()
      await page.getByText('Delete 37 snapshots?').waitFor()
    },
  },
  {
    name: 'plan-conflict',
    allowErrors: true,
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, 'Edit “Home”')(page)
      await page.getByLabel('Name', { exact: true }).fill('Homes')
      const known = hub.world.plans[0]
      if (known !== undefined) hub.world.plans[0] = { ...known, revision: 2, timeoutMs: null, shrinkLimitPercent: 25 }
      await page.getByRole('button', { name: 'Save plan' }).click()
      await page.getByText('Bring both together').waitFor()
    },
  },
  {
    name: 'plan-kept',
    allowErrors: true,
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, 'Edit “Home”')(page)
      await page.getByLabel('Name', { exact: true }).fill('Homes')
      await page.reload()
      await page.getByText('What you had typed is here again').waitFor()
    },
  },
  {
    name: 'plan-leave',
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, 'Edit “Home”')(page)
      await page.getByLabel('Name', { exact: true }).fill('Homes')
      await page.getByRole('link', { name: 'Cancel' }).click()
      await page.getByText('Leave without saving?').waitFor()
    },
  },
  {
    name: 'plan-german',
    locale: 'de-DE',
    isWhole: true,
    show: async (page, hub) => go(`/plans/${plan(hub, 0)}`, 'Größe der Backups')(page),
  },
  {
    name: 'plan-compression-german',
    locale: 'de-DE',
    show: async (page, hub) => {
      await go(`/plans/${plan(hub, 0)}/edit`, '„Home“ bearbeiten')(page)
      await page.getByRole('button', { name: 'Komprimierung' }).click()
      await page.getByText('Richtig für fast alles').scrollIntoViewIfNeeded()
      await page.mouse.wheel(0, 400)
      await page.waitForTimeout(400)
    },
  },
  {
    name: 'plan-new-german',
    locale: 'de-DE',
    isWhole: true,
    show: async (page, hub) => go(`/plans/new?device=${device(hub, 0)}`, 'swapfile')(page),
  },
]
