import type { Purge } from '@holdfast/shared-types'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { RouteHandlers } from '../../../platform/http/define-feature.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import type { Purges } from './purges.ts'

export interface PurgeRoutesDeps {
  readonly vaults: OpenVaults
  readonly purges: Pick<Purges, 'preview' | 'start' | 'list' | 'get'>
}

export const purgeRoutes = ({
  vaults,
  purges,
}: PurgeRoutesDeps): Pick<RouteHandlers, 'previewPurge' | 'startPurge' | 'listPurges' | 'getPurge'> => ({
  previewPurge: ({ params, body, ctx }) => withContractErrors(async () => purges.preview(vaults.get(params.vaultId), body, ctx.signal)),
  startPurge: ({ actor, params, body }) =>
    withContractErrors(async () => {
      const vault = vaults.get(params.vaultId)
      const purge = await purges.start(vault, body, actor.name)
      tellPurge(vault, purge)
      return purge
    }),
  listPurges: ({ params }) => withContractErrors(async () => ({ items: await purges.list(vaults.get(params.vaultId)) })),
  getPurge: ({ params }) => withContractErrors(() => purges.get(vaults.get(params.vaultId), params.purgeId)),
})

/** How much was asked for, and never what: names of files are nobody's business there. */
export function tellPurge(vault: OpenVault, { id, agentIds, paths, patterns, keepsUndo }: Purge): void {
  tellAudit({
    object: { kind: 'vault', id: vault.id, name: vault.record.name },
    details: { purgeId: id, devices: agentIds?.length ?? null, paths: paths.length, patterns: patterns.length, keepsUndo },
  })
}
