import type { VaultId } from '@holdfast/shared-types'
import { shallowRef } from 'vue'
import { useAttempt } from '../../platform/errors/attempt.ts'
import { removeSlot, type StoredSlot } from './key-objects.ts'

/** What opens a vault, put in the place of what opened it before. @param load reads the slots anew; it throws nothing */
export function useReplacedSlot(vaultId: VaultId, load: () => Promise<void>) {
  /** What is replaced by the one that is being added; null: it is one more. */
  const replaced = shallowRef<StoredSlot | null>(null)
  const { error, attempt, forgetError } = useAttempt()

  function begin(instead: StoredSlot | null): void {
    replaced.value = instead
    forgetError()
  }

  /**
   * The new one has opened the vault by now, as it lies in its store: only then the old one goes. Where that fails both are there, and `replaceError` says why.
   * @param currentPassword that added the new one
   */
  async function finish(currentPassword: string | undefined): Promise<void> {
    const old = replaced.value
    if (old !== null) await attempt(() => removeSlot(vaultId, old, currentPassword))
    await load()
  }

  return { replaced, replaceError: error, begin, finish }
}
