import type { Snapshot, SnapshotEntry, SnapshotId } from '@holdfast/shared-types'
import { useToast } from '@nuxt/ui/composables'
import { ref, shallowRef, type Ref } from 'vue'
import { callHub, zipAddress } from '../../platform/api/call-hub.ts'
import { useText } from '../../platform/i18n/use-text.ts'
import { lockedVault } from '../private-vaults/index.ts'
import { inPageOf, type EntrySource } from './entry-source.ts'
import { nameOf, pathOfEntry, queryOfPath, type SnapshotPath } from './snapshot-path.ts'

const base64Of = (text: string): string => btoa(text)

/** The last name of a raw path, as base64. */
function nameBase64Of(pathBase64: string): string {
  const path = atob(pathBase64)
  return base64Of(path.slice(path.lastIndexOf('/') + 1))
}

/** Names of chosen entries as the hub takes them: those that are not UTF-8 by their bytes. */
export function namesOf(entries: readonly SnapshotEntry[]): { readonly names: string[]; readonly namesBase64: string[] } {
  // In a folder whose own name is not UTF-8 every path is raw; the names then too, which loses nothing.
  const raw = entries.flatMap(({ pathBase64 }) => (pathBase64 === undefined ? [] : [nameBase64Of(pathBase64)]))
  return { names: entries.filter(({ pathBase64 }) => pathBase64 === undefined).map(({ name }) => name), namesBase64: raw }
}

const slash = 0x2f

/** The last name of an entry, by its bytes. */
function rawNameOf(entry: SnapshotEntry): Uint8Array {
  const { raw } = pathOfEntry(entry)
  return raw === null ? new TextEncoder().encode(entry.name) : raw.slice(raw.lastIndexOf(slash) + 1)
}

/** Device, folder and day (in UTC) of the snapshot, as the hub names its zips: `laptop Documents 2026-11-21.zip`. */
export function zipNameOf({ deviceName, createdAtMs }: Pick<Snapshot, 'deviceName' | 'createdAtMs'>, folder: SnapshotPath): string {
  const parts = [deviceName, ...(folder.text === '' ? [] : [nameOf(folder)])].map((part) =>
    part.replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, '_').slice(0, 100),
  )
  return `${parts.join(' ')} ${new Date(createdAtMs).toISOString().slice(0, 10)}.zip`
}

/** Hands an address to the browser's own downloads. */
function followLink(address: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = ''
  document.body.append(link)
  link.click()
  link.remove()
}

/** What zips are made of. */
interface ZippedSnapshot {
  readonly id: SnapshotId
  readonly snapshot: Readonly<Ref<Snapshot | null>>
  readonly source: Readonly<Ref<EntrySource | null>>
  readonly isPrivate: Readonly<Ref<boolean>>
}

/** Zips of one snapshot. What the hub refuses is shown in the page; the download itself is the browser's, or this page's where only it can read. */
export function useZipDownload({ id: snapshotId, snapshot, source, isPrivate }: ZippedSnapshot) {
  const isPreparing = ref(false)
  const error = shallowRef<unknown>(null)
  const toast = useToast()
  const { t } = useText()

  async function fromHub(folder: SnapshotPath, entries: readonly SnapshotEntry[] | null, withDeleted: boolean): Promise<void> {
    const body = { ...queryOfPath(folder), ...(entries === null ? {} : namesOf(entries)), ...(withDeleted ? { withDeleted } : {}) }
    const { ticket } = await callHub('prepareZip', { params: { snapshotId }, body })
    followLink(zipAddress(snapshotId, ticket))
    toast.add({ title: t('snapshots.zip.started'), description: t('snapshots.zip.startedHelp'), icon: 'i-lucide-download' })
  }

  /** @param entries of the folder; null = the folder itself. @param withDeleted also what is deleted in folders that are not */
  async function start(folder: SnapshotPath, entries: readonly SnapshotEntry[] | null, withDeleted: boolean): Promise<void> {
    isPreparing.value = true
    error.value = null
    try {
      const inPage = inPageOf(source.value, isPrivate.value)
      if (inPage === null) return await fromHub(folder, entries, withDeleted)
      if (snapshot.value === null) throw lockedVault()
      const names = entries === null ? null : entries.map(rawNameOf)
      await inPage.download({ kind: 'zip', path: folder, names, withDeleted }, zipNameOf(snapshot.value, folder))
    } catch (cause) {
      error.value = cause
    } finally {
      isPreparing.value = false
    }
  }

  return { isPreparing, error, start }
}
