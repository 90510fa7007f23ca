import type { AgentId, VaultId, VaultUsage } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { sumPacks, sumPacksByAgent, sumSnapshots, type PackSums } from '../tables/usage.queries.ts'
import { totalsOfVault, type VaultTotals } from '../tables/vaults.queries.ts'
import { DistinctCounter, type DistinctCounterDeps, type DistinctUsage } from './distinct-counter.ts'
import { RestedCounts } from './rested-counts.ts'

export interface VaultUsagesDeps extends DistinctCounterDeps {
  readonly database: Database
  readonly now: () => number
  /** Names of devices that are there. */
  readonly deviceNames: (em: EntityManager) => Promise<ReadonlyMap<AgentId, string>>
}

/** Folder lists that the hub cannot read say nothing. */
const sealedContent: DistinctUsage = { distinct: null, distinctState: 'private' }

type CountedRows = Omit<VaultUsage, 'distinct' | 'distinctState'>

/** Nobody needs them fresher than this. */
export const freshMs = 15_000
const dayMs = 86_400_000
const mostDays = 366
const mostDevices = 1000

/** Figures of vaults: sums over rows, counted once for all who ask within a minute, and what the counter of distinct content knows. */
export class VaultUsages {
  readonly #deps: VaultUsagesDeps
  readonly #distinct: DistinctCounter
  readonly #rows: RestedCounts<CountedRows>
  readonly #totals = new RestedCounts<VaultTotals>({ now: () => performance.now() })

  constructor(deps: VaultUsagesDeps) {
    this.#deps = deps
    this.#distinct = new DistinctCounter(deps)
    this.#rows = new RestedCounts(deps)
  }

  async of(vault: OpenVault): Promise<VaultUsage> {
    const rows = await this.#rows.of(vault.id, freshMs, (atMs) => countRows(this.#deps, vault.id, atMs))
    return { ...rows, ...(vault instanceof ManagedVault ? await this.#distinct.of(vault) : sealedContent) }
  }

  /**
   * For pages that ask every second while a check runs: a million packs take a second to count.
   *
   * @param agedMs so old they may be
   */
  totalsOf(em: EntityManager, vaultId: VaultId, agedMs: number): Promise<VaultTotals> {
    return this.#totals.of(vaultId, agedMs, () => totalsOfVault(em, vaultId))
  }

  /** Counts nothing new from now on. */
  stop(): void {
    this.#distinct.stop()
  }
}

/** One sight of the database for all of it: figures that stand side by side have to agree. */
const countRows = ({ database, deviceNames }: VaultUsagesDeps, vaultId: VaultId, atMs: number): Promise<CountedRows> =>
  database.transaction(
    async (em) => {
      const packs = await sumPacks(em, vaultId)
      const sent = await sumPacksByAgent(em, vaultId)
      const devices = await sumSnapshots(em, vaultId)
      const names = await deviceNames(em)
      return {
        vaultId,
        countedAtMs: atMs,
        snapshots: devices.reduce((sum, device) => sum + device.snapshots, 0),
        bytesLogical: devices.reduce((sum, device) => sum + device.bytesLogical, 0),
        bytesStored: packs.bytesData + packs.bytesMetadata,
        packs: packs.packs,
        bytesData: packs.bytesData,
        bytesMetadata: packs.bytesMetadata,
        devices: devices.slice(0, mostDevices).map(({ host, ...device }) => ({
          ...device,
          name: names.get(device.agentId) ?? host,
          bytesSent: sent.get(device.agentId) ?? 0,
        })),
        deviceCount: devices.length,
        bytesOfUnknown: sent.get(null) ?? 0,
        days: storedByDay(packs.days, atMs),
      }
    },
    { isolation: 'repeatable read', readOnly: true },
  )

/** From what each day added to what there was at its end, without gaps, up to today. */
export function storedByDay(added: PackSums['days'], nowMs: number): VaultUsage['days'] {
  const first = added[0]
  if (first === undefined) return []
  // A clock that was ahead has left days of the future: today is the last one all the same, and has all of it.
  const today = Math.floor(nowMs / dayMs)
  const from = Math.min(today, Math.max(dayOf(first.day), today - mostDays + 1))
  const addedByDay = new Map<number, number>()
  for (const { day, bytes } of added) {
    const at = Math.min(today, Math.max(from, dayOf(day)))
    addedByDay.set(at, (addedByDay.get(at) ?? 0) + bytes)
  }
  let total = 0
  return Array.from({ length: today - from + 1 }, (_, index) => {
    total += addedByDay.get(from + index) ?? 0
    return { day: new Date((from + index) * dayMs).toISOString().slice(0, 10), bytesStored: total }
  })
}

const dayOf = (day: string): number => Math.floor(Date.parse(`${day}T00:00:00Z`) / dayMs)
