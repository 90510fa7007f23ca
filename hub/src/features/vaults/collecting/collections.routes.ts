import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { RouteHandlers } from '../../../platform/http/define-feature.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import type { CollectionOrder, Collections } from './collections.ts'
import { previewCollection, type PreviewCollectionDeps } from './preview-collection.ts'

export interface CollectionRoutesDeps extends PreviewCollectionDeps {
  readonly vaults: OpenVaults
  readonly collections: Collections
}

export const collectionRoutes = (deps: CollectionRoutesDeps): Pick<RouteHandlers, 'startCollection' | 'previewCollection'> => ({
  startCollection: ({ actor, params, body }) =>
    withContractErrors(async () => {
      const vault = deps.vaults.get(params.vaultId)
      tellCollection(vault, body)
      return deps.collections.start(vault, { startedBy: actor.name, ...body })
    }),
  previewCollection: ({ params }) => withContractErrors(() => previewCollection(deps, deps.vaults.get(params.vaultId))),
})

/** For the audit log, before anything is written. Keys of objects name no file of anybody. */
export function tellCollection(vault: OpenVault, { isLargeApproved, givesUp = [] }: Omit<CollectionOrder, 'startedBy'>): void {
  const [first = null] = givesUp
  tellAudit({
    object: { kind: 'vault', id: vault.id, name: vault.record.name },
    details: { isLargeApproved, ...(first === null ? {} : { givenUp: givesUp.length, firstGivenUp: first }) },
  })
}
