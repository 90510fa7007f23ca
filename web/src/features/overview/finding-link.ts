import { useRights } from '../../platform/session/rights.ts'
import { useKnownLink } from '../../platform/navigation/known-link.ts'
import { pageLinks } from '../../platform/navigation/page-links.ts'
import type { Finding, FindingKind } from './findings.ts'

/** About the plan itself, and not about how it went. */
const ofPlan: readonly FindingKind[] = ['plan-blocked', 'plan-never-ran', 'plan-never-done', 'plan-old', 'shrank', 'retention-waits']

/** The page that has more of a finding; null where there is none. */
export function useFindingLink() {
  const known = useKnownLink()
  const { mayAdminister } = useRights()
  return ({ kind, plan, runId, device, vaultId }: Finding) => {
    const planLink = plan === undefined || !ofPlan.includes(kind) ? undefined : known(pageLinks.plan(plan.id))
    if (planLink !== undefined) return { what: 'plan', to: planLink } as const
    if (runId !== undefined && kind !== 'plan-blocked' && kind !== 'plan-old') return { what: 'run', to: pageLinks.run(runId) } as const
    if (device !== undefined) return { what: 'device', to: pageLinks.device(device.id) } as const
    const vaultLink = vaultId === undefined || !mayAdminister.value ? undefined : known(pageLinks.vault(vaultId))
    return vaultLink === undefined ? null : ({ what: 'vault', to: vaultLink } as const)
  }
}
