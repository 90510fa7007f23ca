import type { RouteHandlers } from '../../platform/http/define-feature.ts'
import type { VaultCares } from './caring/vault-care.ts'
import { listDamagedPaths } from './damage/list-damaged-paths.ts'
import { testStore } from './checking/test-store.ts'
import { collectionRoutes, type CollectionRoutesDeps } from './collecting/collections.routes.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { getVault, type GetVaultDeps } from './get-vault.ts'
import { confirmRecoveryKey, exportRecoveryKey, testRecoveryKey, type RecoveryKeyDeps } from './keys/recovery-keys.ts'
import { listVaults } from './list-vaults.ts'
import { locateBlobs } from './reading/locate-blobs.ts'
import { readSegments } from './reading/read-segments.ts'
import { readSnapshotObject } from './reading/read-snapshot-object.ts'
import { readSnapshotSigner } from './reading/read-snapshot-signer.ts'
import { purgeRoutes, type PurgeRoutesDeps } from './rewriting/purges.routes.ts'
import { commitSession, type CommitSessionDeps } from './sessions/commit-session.ts'
import { putPack, type PutPackDeps } from './uploads/put-pack.ts'
import type { ReadSegmentsDeps } from './reading/read-segments.ts'
import { updateVault } from './update-vault.ts'
import type { VaultUsages } from './usage/vault-usage.ts'
import { vaultKeysRoutes, type VaultKeysRoutesDeps } from './vault-keys.routes.ts'
import type { VaultsState } from './vaults-state.ts'

export type VaultRoutesDeps = CommitSessionDeps &
  PutPackDeps &
  ReadSegmentsDeps &
  GetVaultDeps &
  CollectionRoutesDeps &
  Pick<VaultsState, 'requireThere'> &
  PurgeRoutesDeps &
  RecoveryKeyDeps &
  VaultKeysRoutesDeps & { readonly usages: Pick<VaultUsages, 'of'>; readonly cares: Pick<VaultCares, 'of' | 'start'> }

export const vaultRoutes = (deps: VaultRoutesDeps): RouteHandlers => ({
  ...vaultKeysRoutes(deps),
  testStore: ({ body }) =>
    withContractErrors(() => {
      const { id, store } = body.vaultId === undefined ? deps.vaults.default : deps.vaults.get(body.vaultId)
      return testStore(store, { requireThere: () => deps.requireThere(id), freeBytes: deps.freeBytes })
    }),
  listVaults: async ({ em }) => ({ items: await listVaults(em, deps.usages) }),
  getVault: ({ em, actor, params }) => withContractErrors(() => getVault(deps, em, actor, params.vaultId)),
  getVaultUsage: ({ params }) => withContractErrors(() => deps.usages.of(deps.vaults.get(params.vaultId))),
  startVaultCheck: ({ actor, params }) => withContractErrors(() => deps.checks.start(deps.vaults.get(params.vaultId), actor.name)),
  updateVault: ({ em, actor, params, body }) =>
    withContractErrors(async () => {
      await updateVault(deps, params.vaultId, body.undoDays)
      return getVault(deps, em, actor, params.vaultId)
    }),
  ...collectionRoutes(deps),
  getVaultCare: ({ em, params }) => withContractErrors(() => deps.cares.of(em, deps.vaults.get(params.vaultId))),
  startCare: ({ em, actor, params }) =>
    withContractErrors(() => deps.cares.start(em, deps.vaults.get(params.vaultId), params.kind, actor.name)),
  listDamagedPaths: ({ em, params, query }) =>
    withContractErrors(() => listDamagedPaths(deps, em, deps.vaults.get(params.vaultId).id, query)),
  exportRecoveryKey: ({ actor, params, body, ctx }) =>
    withContractErrors(() => exportRecoveryKey(deps, actor, { ...params, address: ctx.address, currentPassword: body.currentPassword })),
  confirmRecoveryKey: ({ em, actor, params, body }) =>
    withContractErrors(async () => {
      await confirmRecoveryKey(deps, actor, { ...params, ...body })
      return getVault(deps, em, actor, params.vaultId)
    }),
  testRecoveryKey: ({ actor, params, body }) => withContractErrors(() => testRecoveryKey(deps, actor, { ...params, text: body.words })),
  ...purgeRoutes(deps),
  putPack: ({ actor, params, query, body }) =>
    withContractErrors(async () => {
      await putPack(deps, { agentId: actor.agentId, ...params, ...query }, body)
      return {}
    }),
  commitSession: ({ actor, params, query: { fence, ...stated }, body }) =>
    withContractErrors(() => commitSession(deps, { agentId: actor.agentId, ...params, fence }, stated, body)),
  getSnapshotObject: ({ actor, params, em }) =>
    withContractErrors(() => readSnapshotObject(deps, em, { agentId: actor.agentId, ...params })),
  getSnapshotSigner: ({ actor, params, em }) =>
    withContractErrors(() => readSnapshotSigner(deps, em, { agentId: actor.agentId, ...params })),
  locateBlobs: ({ actor, params, body, em }) =>
    withContractErrors(() => locateBlobs(deps, em, { agentId: actor.agentId, ...params }, body)),
  readSegments: ({ actor, params, body, em }) =>
    withContractErrors(async () => {
      const { stream, sizeBytes } = await readSegments(deps, em, { agentId: actor.agentId, ...params }, body)
      return { stream, headers: { 'content-length': String(sizeBytes) }, hasOwnParts: true }
    }),
})
