import { CareKind as CareKinds, type CareKind } from '@holdfast/shared-types'
import type { JobSchedule } from '../../../platform/jobs/jobs.ts'
import type { OpenVault } from '../contents/open-vault.ts'

/**
 * When the clock brings each, in the hub's time zone; null = only when there is something to do. At night, one after the other, and what needs others' work after it: snapshots are looked
 * through before a collection needs that, and devices drill when the vault is left alone again.
 */
export const careCrons: Readonly<Record<CareKind, string | null>> = {
  list: '10 0 * * *',
  audit: '30 0 * * *',
  sample: '0 1 * * *',
  scrub: '30 1 * * *',
  collection: '10 3 * * *',
  drills: '40 4 * * *',
  damage: null,
  // After each audit that finds damage.
  healing: null,
}

/** What is done for a vault: what takes its keys is not, where the hub does not have them. Devices open samples of private vaults in their drills. */
export const careKindsOf = ({ kind }: Pick<OpenVault, 'kind'>): readonly CareKind[] =>
  kind === 'managed' ? CareKinds.options : CareKinds.options.filter((care) => care !== 'sample')

/** Of the queue. */
export const jobKindOf = (kind: CareKind): string => `vault-${kind}`

/** What the clock brings of a vault. */
export const schedulesOf = (vault: Pick<OpenVault, 'id' | 'kind'>): JobSchedule[] =>
  careKindsOf(vault).flatMap((kind) => {
    const cron = careCrons[kind]
    return cron === null ? [] : [{ kind: jobKindOf(kind), key: vault.id, cron }]
  })
