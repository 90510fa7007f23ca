import type { Purge, PurgeOrder, VaultId, VersionLimitEffect } from '@holdfast/shared-types'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import { limitVersionsOf, previewVersionLimit, type LimitDeps, type LimitedVersions, type VersionOrder } from './limit-versions.ts'
import { Purges } from './purges.ts'

export { Purges }

export interface RewritingDeps extends LimitDeps {
  readonly purges: Purges
}

/** Snapshots that are written anew with less in them (docs/adr/0020). Who may is the caller's to check. */
export interface Rewriting {
  /** @throws AppError `vault.rewriting-impossible`, `vault.corrupt` */
  previewVersions(order: VersionOrder): Promise<VersionLimitEffect>
  /** @throws AppError `vault.rewriting-impossible`, `vault.corrupt`, `snapshot.held`, `store.*` */
  limitVersions(order: VersionOrder & { readonly by: string }): Promise<LimitedVersions>
  /** Begins in the background. @param vaultId null = the default vault. @throws AppError `vault.not-found`, `vault.rewriting-impossible`, `request.invalid` */
  startPurge(vaultId: VaultId | null, order: PurgeOrder, startedBy: string): Promise<Purge>
  listPurges(vaultId: VaultId | null): Promise<Purge[]>
  /** Until all that was begun in the background is through. */
  settled(): Promise<void>
}

export function rewritingOf(deps: RewritingDeps): Rewriting {
  const { vaults, purges } = deps
  const vaultOf = (vaultId: VaultId | null) => (vaultId === null ? vaults.default : vaults.get(vaultId))
  return {
    previewVersions: (order) => withContractErrors(() => previewVersionLimit(deps, order)),
    limitVersions: (order) => withContractErrors(() => limitVersionsOf(deps, order)),
    startPurge: (vaultId, order, startedBy) => withContractErrors(async () => purges.start(vaultOf(vaultId), order, startedBy)),
    listPurges: (vaultId) => withContractErrors(async () => purges.list(vaultOf(vaultId))),
    settled: () => purges.settled(),
  }
}
