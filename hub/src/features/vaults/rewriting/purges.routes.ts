import type { RouteHandlers } from '../../../platform/http/define-feature.ts'
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
  startPurge: ({ actor, params, body }) => withContractErrors(async () => purges.start(vaults.get(params.vaultId), body, actor.name)),
  listPurges: ({ params }) => withContractErrors(async () => ({ items: await purges.list(vaults.get(params.vaultId)) })),
  getPurge: ({ params }) => withContractErrors(() => purges.get(vaults.get(params.vaultId), params.purgeId)),
})
