import type { SnapshotEntry, SnapshotId } from '@holdfast/shared-types'
import { useToast } from '@nuxt/ui/composables'
import { ref, shallowRef } from 'vue'
import { callHub, zipAddress } from '../../platform/api/call-hub.ts'
import { useText } from '../../platform/i18n/use-text.ts'
import { queryOfPath, type SnapshotPath } from './snapshot-path.ts'

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

/** Hands an address to the browser's own downloads. */
function followLink(address: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = ''
  document.body.append(link)
  link.click()
  link.remove()
}

/** Zips of one snapshot. What the hub refuses is shown in the page; the download itself is the browser's. */
export function useZipDownload(snapshotId: SnapshotId) {
  const isPreparing = ref(false)
  const error = shallowRef<unknown>(null)
  const toast = useToast()
  const { t } = useText()

  /** @param entries of the folder; null = the folder itself. @param withDeleted also what is deleted in folders that are not */
  async function start(folder: SnapshotPath, entries: readonly SnapshotEntry[] | null, withDeleted: boolean): Promise<void> {
    isPreparing.value = true
    error.value = null
    try {
      const body = { ...queryOfPath(folder), ...(entries === null ? {} : namesOf(entries)), ...(withDeleted ? { withDeleted } : {}) }
      const { ticket } = await callHub('prepareZip', { params: { snapshotId }, body })
      followLink(zipAddress(snapshotId, ticket))
      toast.add({ title: t('snapshots.zip.started'), description: t('snapshots.zip.startedHelp'), icon: 'i-lucide-download' })
    } catch (cause) {
      error.value = cause
    } finally {
      isPreparing.value = false
    }
  }

  return { isPreparing, error, start }
}
