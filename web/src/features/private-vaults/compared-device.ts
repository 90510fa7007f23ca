import type { VaultId } from '@holdfast/shared-types'
import { ref, shallowRef, watch } from 'vue'
import { hasCode } from '../../platform/errors/api-error.ts'
import { roomOf, type OpenVault } from './room/open-rooms.ts'
import type { WaitingDevice } from './waiting-devices.ts'

/** Keys of a device, and what a person compares of them. */
interface Compared {
  readonly device: WaitingDevice
  readonly fingerprint: string
}

const keysOf = ({ agentId, signPublicKey, boxPublicKey, boxSignature }: WaitingDevice): string =>
  [agentId, signPublicKey, boxPublicKey, boxSignature].join(' ')

/**
 * A device that waits, as somebody compares it: what is let in are the very keys whose fingerprint stood on the screen. The list is read anew
 * whenever the hub says so, and may then have other keys under the same id: the fingerprint follows, and the word that was given is taken back.
 */
export function useComparedDevice(vaultId: VaultId, device: () => WaitingDevice, opened: () => OpenVault | null) {
  const compared = shallowRef<Compared | null>(null)
  /** Why there is nothing to compare: its keys are none, perhaps. */
  const error = shallowRef<unknown>(null)
  const isSame = ref(false)
  /** The keys became others while somebody looked at them. */
  const hasChanged = ref(false)

  watch(
    [opened, () => keysOf(device())] as const,
    async ([vault, keys], [vaultBefore, keysBefore], onCleanup) => {
      let isStale = false
      onCleanup(() => (isStale = true))
      compared.value = null
      error.value = null
      isSame.value = false
      hasChanged.value = vault !== null && vault === vaultBefore && (hasChanged.value || keys !== keysBefore)
      if (vault === null) return
      const offered = device()
      // Computed in the room from the keys that would be let in, as the hub may say what it likes.
      try {
        const { fingerprint } = await vault.room.call('deviceFingerprint', { device: offered })
        if (isStale) return
        // A word that was given before was of nothing.
        isSame.value = false
        compared.value = { device: offered, fingerprint }
      } catch (cause) {
        // Locked meanwhile: what is shown then says so.
        if (!isStale && !hasCode(cause, 'vault.private')) error.value = cause
      }
    },
    { immediate: true },
  )

  async function approve(): Promise<void> {
    const shown = compared.value
    if (shown !== null && isSame.value) await roomOf(vaultId).call('approveDevice', shown)
  }

  return { compared, error, isSame, hasChanged, approve }
}
