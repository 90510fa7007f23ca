import type { RouteHandlers } from '../../platform/http/define-feature.ts'
import { testStore } from './checking/test-store.ts'
import type { ManagedVaults } from './contents/managed-vault.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { listVaults } from './list-vaults.ts'
import { locateBlobs } from './reading/locate-blobs.ts'
import { readSegments } from './reading/read-segments.ts'
import { readSnapshotObject } from './reading/read-snapshot-object.ts'
import { commitSession, type CommitSessionDeps } from './sessions/commit-session.ts'
import { putPack, type PutPackDeps } from './uploads/put-pack.ts'
import type { ReadSegmentsDeps } from './reading/read-segments.ts'

export type VaultRoutesDeps = CommitSessionDeps &
  PutPackDeps &
  ReadSegmentsDeps & { readonly vaults: ManagedVaults; readonly freeBytes: () => Promise<number> }

export const vaultRoutes = (deps: VaultRoutesDeps): RouteHandlers => ({
  testStore: ({ body }) =>
    withContractErrors(() => {
      const { store } = body.vaultId === undefined ? deps.vaults.default : deps.vaults.get(body.vaultId)
      return testStore(store, deps.freeBytes)
    }),
  listVaults: async ({ em }) => ({ items: await listVaults(em) }),
  putPack: ({ actor, params, query, body }) =>
    withContractErrors(async () => {
      await putPack(deps, { agentId: actor.agentId, ...params, ...query }, body)
      return {}
    }),
  commitSession: ({ actor, params, query, body }) =>
    withContractErrors(() => commitSession(deps, { agentId: actor.agentId, ...params, ...query }, body)),
  getSnapshotObject: ({ actor, params, em }) =>
    withContractErrors(() => readSnapshotObject(deps, em, { agentId: actor.agentId, ...params })),
  locateBlobs: ({ actor, params, body, em }) =>
    withContractErrors(() => locateBlobs(deps, em, { agentId: actor.agentId, ...params }, body)),
  readSegments: ({ actor, params, body, em }) =>
    withContractErrors(async () => {
      const { stream, sizeBytes } = await readSegments(deps, em, { agentId: actor.agentId, ...params }, body)
      return { stream, headers: { 'content-length': String(sizeBytes) }, hasOwnParts: true }
    }),
})
