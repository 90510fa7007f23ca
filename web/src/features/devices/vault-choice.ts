import type { Vault, VaultId } from '@holdfast/shared-types'
import { computed, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { useText } from '../../platform/i18n/use-text.ts'

/** Stands for the vault that the hub gives to devices of which nothing else is said. */
export const defaultVault = 'default'

/** Where a new device keeps its backups: with the others, or in a private vault. */
export function useVaultChoice() {
  const { t } = useText()
  const vaults = shallowRef<readonly Vault[]>([])
  const chosen = ref<string>(defaultVault)

  async function load(): Promise<void> {
    // Without the list there is nothing to choose, and a device can be added all the same.
    vaults.value = await callHub('listVaults').then(
      ({ items }) => items,
      () => [],
    )
  }

  const choices = computed(() => [
    { value: defaultVault, label: t('privateVaults.device.default') },
    ...vaults.value.filter(({ kind }) => kind === 'private').map(({ id, name }) => ({ value: id as string, label: name })),
  ])
  const vaultId = computed(() => (chosen.value === defaultVault ? undefined : (chosen.value as VaultId)))
  return { chosen, choices, vaultId, load }
}
