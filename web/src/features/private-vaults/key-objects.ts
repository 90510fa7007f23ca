import type { Api, ResponseOf, VaultId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'

export type KeyObjects = ResponseOf<Api['getKeyObjects']>
export type StoredSlot = KeyObjects['slots'][number]

/** What opens a private vault, as the hub keeps it: sealed. */
export function useKeyObjects(vaultId: VaultId) {
  const objects = shallowRef<KeyObjects | null>(null)
  const error = shallowRef<unknown>(null)
  const leaving = new AbortController()

  async function load(): Promise<void> {
    try {
      objects.value = await callHub('getKeyObjects', { params: { vaultId }, signal: leaving.signal })
      error.value = null
    } catch (cause) {
      if (!leaving.signal.aborted) error.value = cause
    }
  }

  void load()
  onScopeDispose(() => leaving.abort())
  return { objects, error, load }
}

/** The first digits of a slot's id, to tell two passphrases apart. */
export const shortSlotId = (slotId: string): string => slotId.slice(0, 8)

/** @param currentPassword of the account; undefined for one that has none. @throws ApiError `sign-in.failed`, `vault.slot-needed` */
export async function removeSlot(vaultId: VaultId, { slotId }: StoredSlot, currentPassword: string | undefined): Promise<void> {
  await callHub('removeKeySlot', { params: { vaultId, slotId }, body: { currentPassword } })
}

/** Whether a slot can go: one of its kind has to stay. */
export const mayRemove = (slot: StoredSlot, slots: readonly StoredSlot[]): boolean =>
  slots.filter(({ kind }) => kind === slot.kind).length > 1
