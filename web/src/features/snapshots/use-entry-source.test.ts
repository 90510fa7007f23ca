import { computed, ref, shallowRef } from 'vue'
import { expect, test, vi } from 'vitest'
import { aDevice, aHexId, aSnapshot } from '../../testing/world.ts'
import { useEntrySource } from './use-entry-source.ts'
import type { Snapshot, VaultId } from '@holdfast/shared-types'

/** Which vault is open in this page. */
const open = shallowRef<string | null>(null)
vi.mock(import('../private-vaults/index.ts'), async (whole) => ({
  ...(await whole()),
  useOpenVault: (vaultId: () => VaultId) => computed(() => (open.value === vaultId() ? ({} as never) : null)),
}))

const aVaultId = (): VaultId => crypto.randomUUID() as VaultId
const entriesOf = (given: Partial<Snapshot>, isSealed = false) => {
  const snapshot = shallowRef(aSnapshot(aDevice(), given))
  return { snapshot, ...useEntrySource(snapshot, ref(isSealed)) }
}

test('of a private vault that is locked nothing is asked, by what its hub says of it and before it refuses', () => {
  const { sourceOf, isPrivate, isLocked } = entriesOf({ vaultId: aVaultId(), vaultKind: 'private' })
  expect([isPrivate.value, isLocked.value, sourceOf(aHexId())]).toEqual([true, true, null])
})

test('what a hub can read is read from it', () => {
  const { sourceOf, isPrivate, isLocked } = entriesOf({ vaultId: aVaultId() })
  expect([isPrivate.value, isLocked.value]).toEqual([false, false])
  expect(sourceOf(aHexId())).toMatchObject({ inPage: null })
})

test.each([
  ['a kind', { vaultKind: 'private' } as const, false],
  ['an address', {}, true],
])('a vault that was known to be private by %s stays so, whatever is said of it later', (_, given, isSealed) => {
  const vaultId = aVaultId()
  const { snapshot, isPrivate, sourceOf } = entriesOf({ vaultId, ...given }, isSealed)
  expect(isPrivate.value).toBe(true)
  snapshot.value = aSnapshot(aDevice(), { vaultId })
  expect(sourceOf(aHexId())).toBeNull()
  expect(entriesOf({ vaultId }).sourceOf(aHexId())).toBeNull()
})

test('an open folder stays as it is when its snapshot is read anew, and goes when its vault is locked', () => {
  const vaultId = aVaultId()
  open.value = vaultId
  const { snapshot, sourceOf } = entriesOf({ vaultId, vaultKind: 'private' })
  const id = snapshot.value.id
  const source = computed(() => sourceOf(id))
  const before = source.value
  expect(before?.inPage).toMatchObject({ download: expect.any(Function) })
  snapshot.value = { ...snapshot.value }
  expect(source.value).toBe(before)
  open.value = null
  expect(source.value).toBeNull()
})
