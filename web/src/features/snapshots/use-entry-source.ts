import type { Snapshot, SnapshotId } from '@holdfast/shared-types'
import { computed, shallowReactive, shallowRef, watch, type Ref } from 'vue'
import { hasCode } from '../../platform/errors/api-error.ts'
import { privateEntries, useOpenVault, type SignedOrigin } from '../private-vaults/index.ts'
import { hubEntries, pageEntries, type EntrySource } from './entry-source.ts'

/**
 * Vaults that this page has seen to be private: by what the hub says of their kind, by having opened them, by an address. Once private, always private: what was chosen while one
 * was open must not go to the hub after it is locked, whatever the hub says of it by then.
 */
const privateVaultIds = shallowReactive(new Set<Snapshot['vaultId']>())

/** Where entries of snapshots of one vault come from; null while it is private and locked. @param isSealed the address says that it is private: nothing is asked of the hub then */
export function useEntrySource(snapshot: Readonly<Ref<Snapshot | null>>, isSealed: Readonly<Ref<boolean>>) {
  const vaultId = computed(() => snapshot.value?.vaultId ?? ('' as Snapshot['vaultId']))
  // By itself: a snapshot that is read anew, as whatever happens to its device has it, is the same one, and its open folder stays as it is.
  const agentId = computed(() => snapshot.value?.agentId ?? null)
  const opened = useOpenVault(() => vaultId.value)
  const isSeenPrivate = computed(() => isSealed.value || opened.value !== null || snapshot.value?.vaultKind === 'private')
  const isPrivate = computed(() => isSeenPrivate.value || privateVaultIds.has(vaultId.value))
  // At once: a vault may be locked in the same moment.
  watch([isSeenPrivate, vaultId], () => isSeenPrivate.value && snapshot.value !== null && privateVaultIds.add(vaultId.value), {
    immediate: true,
    flush: 'sync',
  })

  function sourceOf(snapshotId: SnapshotId): EntrySource | null {
    if (!isPrivate.value) return hubEntries(snapshotId)
    if (opened.value === null || agentId.value === null) return null
    // Others are asked for only as snapshots of the same device.
    return pageEntries(privateEntries(vaultId.value, { snapshotId, agentId: agentId.value }))
  }

  /** @returns whether it was the hub saying that it cannot read this vault */
  function learnFrom(error: unknown): boolean {
    if (!hasCode(error, 'vault.private') || snapshot.value === null) return false
    privateVaultIds.add(vaultId.value)
    return true
  }

  return { sourceOf, isPrivate, isLocked: computed(() => isPrivate.value && opened.value === null), learnFrom }
}

/** What a snapshot says of itself, signed by its device; nothing where only the hub has said anything. */
type OwnWords = Partial<Snapshot> & { readonly origin?: SignedOrigin }

/**
 * What a snapshot of a private vault says of itself in place of what the hub says: that has a device's word for the figures at best, none for the
 * folders, and may list an old snapshot as a new one. `origin`: null until it is open.
 */
export function useDescribed(snapshot: Readonly<Ref<Snapshot | null>>, source: Readonly<Ref<EntrySource | null>>) {
  const own = shallowRef<OwnWords>({})
  watch(
    source,
    async (now) => {
      own.value = {}
      if (now === null || now.inPage === null) return
      // What cannot be opened is told by the folder, which is read too.
      const words = await now.inPage.describe().catch(() => null)
      if (now === source.value && words !== null) own.value = { ...words, plan: words.origin.plan, createdAtMs: words.origin.finishedAtMs }
    },
    { immediate: true },
  )
  return {
    snapshot: computed(() => (snapshot.value === null ? null : { ...snapshot.value, ...own.value })),
    origin: computed(() => own.value.origin ?? null),
  }
}
