import type { UserActor } from '../../platform/http/actor.ts'
import type { RequestContext, RouteHandlers } from '../../platform/http/define-feature.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { createPrivateVault, type Asking, type CreatePrivateVaultDeps } from './keys/create-private-vault.ts'
import { giveDeviceKeys, listWaitingDevices, type GiveKeysDeps } from './keys/give-device-keys.ts'
import { addKeySlot, getKeyObjects, removeKeySlot, type KeyObjectsDeps } from './keys/key-objects.ts'
import { locateSnapshotBlobs, readSnapshotSegments, readStoredSnapshot, type ReadSealedDeps } from './reading/read-sealed.ts'

export type VaultKeysRoutesDeps = CreatePrivateVaultDeps & KeyObjectsDeps & GiveKeysDeps & ReadSealedDeps

const askingOf = (actor: UserActor, ctx: RequestContext, currentPassword: string | undefined): Asking => ({
  actor,
  address: ctx.address,
  currentPassword,
})

export const vaultKeysRoutes = (deps: VaultKeysRoutesDeps): RouteHandlers => ({
  createVault: ({ actor, ctx, body: { currentPassword, ...vault } }) =>
    withContractErrors(() => createPrivateVault(deps, askingOf(actor, ctx, currentPassword), vault)),
  getKeyObjects: ({ em, params }) => withContractErrors(() => getKeyObjects(deps, em, params.vaultId)),
  addKeySlot: ({ actor, ctx, params, body: { currentPassword, ...slot } }) =>
    withContractErrors(async () => {
      await addKeySlot(deps, askingOf(actor, ctx, currentPassword), { ...params, ...slot })
      return {}
    }),
  removeKeySlot: ({ actor, ctx, params, body: { currentPassword } }) =>
    withContractErrors(async () => {
      await removeKeySlot(deps, askingOf(actor, ctx, currentPassword), params)
      return {}
    }),
  listWaitingDevices: ({ em, params }) => withContractErrors(async () => ({ items: await listWaitingDevices(deps, em, params.vaultId) })),
  giveDeviceKeys: ({ params, body }) => withContractErrors(() => giveDeviceKeys(deps, { ...params, ...body })),
  getStoredSnapshot: ({ em, actor, params }) => withContractErrors(() => readStoredSnapshot(deps, em, { actor, ...params })),
  locateSnapshotBlobs: ({ em, actor, params, body }) => withContractErrors(() => locateSnapshotBlobs(deps, em, { actor, ...params }, body)),
  readSnapshotSegments: ({ em, actor, params, body }) =>
    withContractErrors(async () => {
      const { stream, sizeBytes } = await readSnapshotSegments(deps, em, { actor, ...params }, body)
      return { stream, headers: { 'content-length': String(sizeBytes) }, hasOwnParts: true }
    }),
})
