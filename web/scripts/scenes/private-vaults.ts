import { browserPrimitives } from '@holdfast/engine/browser'
import { toBase64Url, toHex } from '@holdfast/engine/bytes'
import type { Page } from 'playwright'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { aSealedDevice, SealedVault } from '../../src/testing/sealed-vault.ts'
import { aSnapshot, aVault, aVaultUsage } from '../../src/testing/world.ts'
import { go, type Scene } from './scene.ts'

const passphrase = 'seven quiet lamps above the harbour'
const words =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art'

const letter = `Dear Grace,

the harbour was quiet when we left, and the lamps stood above it like a row of notes. We shall be back before the snow.

Yours, Ada
`

/** A vault that is really sealed, with one device in it, one that waits, and one snapshot. */
async function furnish({ world }: StandInHub) {
  const vault = await SealedVault.make(browserPrimitives, { passphrase, words })
  const [known] = world.devices
  if (known === undefined) throw new Error('The gallery has devices.')
  const device = { ...aSealedDevice(known.name), agentId: known.id }
  await vault.letIn(device)
  vault.waiting.push(aSealedDevice('diary-laptop'))
  const photos = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`IMG_${index}.jpg`, new Uint8Array(9_000 + index)]))
  const home = { 'letter to Grace.txt': letter, 'taxes 2026.ods': new Uint8Array(48_211).fill(7), photos, notes: { 'plan.md': '# Plan\n' } }
  const createdAtMs = Date.now() - 7_200_000
  const snapshotId = await vault.backUp(device, { home: { ada: home } }, createdAtMs)
  const shown = aSnapshot(known, {
    id: snapshotId,
    vaultId: vault.id,
    vaultKind: 'private',
    roots: [],
    files: 43,
    bytes: 408_991,
    createdAtMs,
  })
  world.snapshots.unshift(shown)
  world.sealedVaults.push(vault)
  world.vaultDetails.push(aVault({ id: vault.id, name: 'Diaries', kind: 'private', snapshots: 1, packs: 4, bytesStored: 512_331 }))
  world.vaultUsages.push(aVaultUsage({ vaultId: vault.id, distinct: null, distinctState: 'private', bytesStored: 512_331 }))
  return { vault, snapshotId }
}

const openVault = async (page: Page, hub: StandInHub): Promise<void> => {
  const { vault } = await furnish(hub)
  await go(`/vaults/${vault.id}`, 'Passphrase of the vault')(page)
}

async function unlock(page: Page): Promise<void> {
  await page.getByLabel('Passphrase of the vault').fill(passphrase)
  await page.getByRole('button', { name: 'Unlock' }).click()
}

async function openHome(page: Page, hub: StandInHub): Promise<void> {
  const { snapshotId } = await furnish(hub)
  await go(`/snapshots/${snapshotId}/home/ada/`, 'This snapshot is in a private vault')(page)
  await unlock(page)
  await page.getByText('letter to Grace.txt').waitFor()
}

async function begin(page: Page): Promise<void> {
  await go('/vaults', 'Default vault')(page)
  await page.getByRole('button', { name: 'New private vault' }).click()
  await page.getByLabel('Name of the vault').fill('Diaries')
}

async function fillIn(page: Page): Promise<void> {
  await begin(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await dialog.getByLabel('The same again').fill(passphrase)
}

async function showWords(page: Page): Promise<void> {
  await fillIn(page)
  await page.getByRole('button', { name: 'Make the keys' }).click()
  await page.getByText('Keep these 24 words').waitFor()
}

async function typeWords(page: Page): Promise<void> {
  const shown = await page.getByRole('dialog').getByRole('list', { name: 'The 24 recovery words' }).getByRole('listitem').allInnerTexts()
  const wordOf = (place: number): string => shown[place - 1]?.replace(/[^a-z]/g, '') ?? ''
  await page.getByRole('button', { name: 'I have kept them' }).click()
  for (const field of await page.getByRole('dialog').getByRole('textbox').all()) {
    const label = await field.evaluate((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? '')
    await field.fill(wordOf(Number(/\d+/.exec(label)?.[0])))
  }
  await page.getByRole('dialog').getByLabel('Your password').fill('correct horse battery')
}

export const privateVaultsScenes: readonly Scene[] = [
  {
    name: 'private-vault-create',
    show: async (page) => {
      await begin(page)
      await page.getByRole('dialog').getByLabel('Passphrase', { exact: true }).fill('Summer2026!!')
      await page.getByText('Weak.').waitFor()
    },
  },
  { name: 'private-vault-create-strong', show: fillIn },
  {
    name: 'private-vault-words',
    show: async (page) => {
      await showWords(page)
      await page.getByRole('button', { name: 'Show as a code' }).click()
    },
  },
  {
    name: 'private-vault-made',
    show: async (page) => {
      await showWords(page)
      await typeWords(page)
      await page.getByRole('button', { name: 'Make the vault' }).click()
      await page.getByText('The vault is there').waitFor()
    },
  },
  { name: 'private-vault-locked', isWhole: true, show: openVault },
  {
    name: 'private-vault-words-wrong',
    show: async (page, hub) => {
      await openVault(page, hub)
      await page.getByText('Recovery words', { exact: true }).first().click()
      await page.getByLabel('The 24 words').fill('orbit glance velvet')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await page.getByText('These words do not open the vault').waitFor()
    },
  },
  {
    name: 'private-vault-open',
    isWhole: true,
    show: async (page, hub) => {
      await openVault(page, hub)
      await unlock(page)
      await page.getByText('Fingerprint of the device').waitFor()
      await page.getByText('What the hub does not see').click()
    },
  },
  {
    name: 'private-vault-open-german',
    isWhole: true,
    locale: 'de-DE',
    show: async (page, hub) => {
      const { vault } = await furnish(hub)
      await go(`/vaults/${vault.id}`, 'Passphrase des Tresors')(page)
      await page.getByLabel('Passphrase des Tresors').fill(passphrase)
      await page.getByRole('button', { name: 'Entsperren' }).click()
      await page.getByText('Fingerabdruck des Geräts').waitFor()
    },
  },
  {
    name: 'private-vault-swapped-keys',
    show: async (page, hub) => {
      const { vault } = await furnish(hub)
      await go(`/vaults/${vault.id}`, 'Passphrase of the vault')(page)
      await unlock(page)
      const [waiting] = vault.waiting
      if (waiting === undefined) throw new Error('A device waits.')
      await page.getByLabel(/^Fingerprint of the device/).waitFor()
      vault.waiting[0] = { ...aSealedDevice(waiting.name), agentId: waiting.agentId }
      // Whatever happens to a device has the list read anew.
      await page.request.patch(`/api/v1/devices/${hub.world.devices[0]?.id}`, { data: { name: 'renamed' } })
      await page.getByText('have changed while you looked').waitFor()
    },
  },
  {
    name: 'private-vault-plan-rules',
    show: async (page, hub) => {
      const { vault } = await furnish(hub)
      const device = hub.world.devices.find(({ name }) => name === 'atlas') ?? hub.world.devices[0]
      if (device === undefined) throw new Error('The gallery has devices.')
      Object.assign(device, { vaultId: vault.id })
      await go(`/plans/new?device=${device.id}`, 'How long it is kept')(page)
      await page.getByRole('button', { name: /^How long it is kept/ }).click()
      await page.getByRole('radio', { name: 'Documents and homes' }).click()
      await page.getByText('Versions of files have no limit here').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'private-vault-change-passphrase',
    show: async (page, hub) => {
      await openVault(page, hub)
      await unlock(page)
      await page.getByRole('button', { name: /^More: Passphrase/ }).click()
      await page.getByRole('menuitem', { name: 'Change it' }).click()
      await page.getByText('The old one opens the vault').waitFor()
    },
  },
  {
    name: 'private-vault-remove-words',
    show: async (page, hub) => {
      const { vault } = await furnish(hub)
      const other = await vault.keys.addSlot({ kind: 'recovery-words', words })
      vault.slots.push({ slotId: toHex(other.slotId), kind: 'recovery-words', bytes: toBase64Url(other.bytes) })
      await go(`/vaults/${vault.id}`, 'Passphrase of the vault')(page)
      await page
        .getByRole('button', { name: /^More: Recovery words/ })
        .last()
        .click()
      await page.getByRole('menuitem', { name: 'Remove' }).click()
      await page.getByText('They will not open this vault any more').waitFor()
    },
  },
  {
    name: 'private-snapshot-locked',
    show: async (page, hub) => {
      const { snapshotId } = await furnish(hub)
      await go(`/snapshots/${snapshotId}/home/ada/`, 'This snapshot is in a private vault')(page)
    },
    allowErrors: true,
  },
  { name: 'private-snapshot', isWhole: true, allowErrors: true, show: openHome },
  {
    name: 'private-snapshot-look',
    allowErrors: true,
    show: async (page, hub) => {
      await openHome(page, hub)
      await page.getByRole('button', { name: 'letter to Grace.txt', exact: true }).click()
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByText('the harbour was quiet').waitFor()
    },
  },
  {
    name: 'private-snapshot-download',
    allowErrors: true,
    show: async (page, hub) => {
      // Its dialog belongs to the browser: nobody is there to answer it.
      await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'))
      await openHome(page, hub)
      await page.getByRole('button', { name: 'taxes 2026.ods', exact: true }).click()
      await page.getByRole('button', { name: 'Download', exact: true }).click()
      await page.getByText('every piece checked').waitFor()
    },
  },
  {
    name: 'private-snapshot-restore',
    allowErrors: true,
    show: async (page, hub) => {
      await openHome(page, hub)
      await page.getByRole('button', { name: 'Restore this folder' }).click()
      await page.getByText('The hub learns where to').waitFor()
    },
  },
]
