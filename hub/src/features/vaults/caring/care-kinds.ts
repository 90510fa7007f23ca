import type { CareKind, VaultId } from '@holdfast/shared-types'
import type { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import { auditAll } from '../collecting/audits.ts'
import { orderAudits, type DeviceAuditsDeps } from '../collecting/device-audits.ts'
import type { Collections } from '../collecting/collections.ts'
import { whileGoingOn } from '../checking/check-vault-deps.ts'
import { markAffected } from '../damage/find-affected.ts'
import { forgetLost } from '../damage/forget-lost.ts'
import { nameDamage } from '../damage/name-damage.ts'
import { ManagedVault } from '../contents/managed-vault.ts'
import { requireManaged } from '../contents/open-vaults.ts'
import type { AgentsDoor, RetentionDoor, RunsDoor } from '../doors/doors.ts'
import { askDevices, type AskDevicesDeps } from '../healing/ask-devices.ts'
import type { LoadDeps } from '../opening/load-packs.ts'
import { damageFigures, reopenLacking } from '../tables/damage.queries.ts'
import { hasAsked } from '../tables/healing.queries.ts'
import type { Purges } from '../rewriting/purges.ts'
import { Brake } from '../usage/brake.ts'
import type { CareTask } from './care-task.ts'
import type { CareWork } from './care-works.ts'
import { compareLists } from './compare-lists.ts'
import { sampleSegments } from './sample-segments.ts'
import { scrubPacks } from './scrub-packs.ts'
import { orderDrills, type OrderDrillsDeps } from './order-drills.ts'

export interface CareKindsDeps extends LoadDeps, DeviceAuditsDeps, OrderDrillsDeps, AskDevicesDeps {
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
  readonly diskSpace: Pick<DiskSpace, 'requireRoom'>
  readonly collections: Pick<Collections, 'run'>
  readonly purges: Pick<Purges, 'advance'>
  /** Applies the rules of keeping before a collection; null = there are none yet. */
  readonly retention: RetentionDoor | null
  /** Has what was found named. */
  readonly nameSoon: (vaultId: VaultId) => Promise<void>
  /** Has devices asked for what is lost. */
  readonly healSoon: (vaultId: VaultId) => Promise<void>
}

/** What is done for each kind. */
export function careWorks(deps: CareKindsDeps): Readonly<Record<CareKind, CareWork>> {
  return {
    list: andNamed(deps, (task) => compareLists(deps, task)),
    scrub: andNamed(deps, (task) => scrubPacks(deps, task)),
    sample: andNamed(deps, async (task) => sampleSegments(deps, { ...task, vault: requireManaged(task.vault) })),
    async audit(task) {
      await reopenLacking(deps.database.em(), task.vault.id, new Date(deps.now()))
      task.count({ problems: await lookAndAsk(deps, task) })
      // What was sent again may have made lost packs needless: that is for who asks all snapshots.
      const { packsLost, snapshots } = await damageFigures(deps.database.em(), task.vault.id)
      if (packsLost > 0 && snapshots === 0) await deps.nameSoon(task.vault.id)
    },
    async damage(task) {
      const { contents } = task.vault
      let problems: number
      let losses: number
      // What is found meanwhile asks for this work too, and the queue takes nothing on that is under way.
      do {
        ;({ losses } = contents)
        const { snapshots, lostPacks } = await markAffected(deps, task.vault, new Brake(task.signal))
        task.count({ snapshots })
        problems = await lookAndAsk(deps, task)
        await forgetLost(deps, task.vault, lostPacks)
      } while (contents.losses !== losses)
      task.count({ problems })
    },
    async healing(task) {
      // What that finds is the story of others.
      await lookThrough(deps, { ...task, count: () => undefined })
      await askDevices(deps, task)
    },
    collection: (task) => collect(deps, task),
    drills: (task) => orderDrills(deps, task),
  }
}

/** Whatever ends it, what was found by then is named. */
const andNamed =
  ({ nameSoon }: CareKindsDeps, work: CareWork): CareWork =>
  async (task) => {
    let problems = 0
    const count: CareTask['count'] = (more) => {
      problems += more.problems ?? 0
      task.count(more)
    }
    try {
      await work({ ...task, count })
    } finally {
      if (problems > 0) await nameSoon(task.vault.id)
    }
  }

async function lookThrough(deps: CareKindsDeps, task: CareTask): Promise<number> {
  const { vault, signal } = task
  if (!(vault instanceof ManagedVault)) {
    // What they find is taken when they are through with it, whenever that is; names of what is lost are theirs alone.
    task.count({ named: (await orderAudits(deps, vault)).length })
  } else {
    await auditAll(deps, vault, signal, () => task.count({ snapshots: 1 }))
    task.count({ named: await nameDamage(deps, vault, new Brake(signal)) })
  }
  return (await damageFigures(deps.database.em(), vault.id)).snapshots
}

/** Whatever came of it, who was asked before and what is damaged now are looked at together. */
async function lookAndAsk(deps: CareKindsDeps, task: CareTask): Promise<number> {
  const damaged = await lookThrough(deps, task)
  if (damaged > 0 || (await hasAsked(deps.database.em(), task.vault.id))) await deps.healSoon(task.vault.id)
  return damaged
}

/** A collection tells its own story; it ends with the hub, and not with its job. */
async function collect({ retention, collections, purges }: CareKindsDeps, { vault, signal }: CareTask): Promise<void> {
  await retention?.apply(vault.id, signal)
  await purges.advance(vault)
  const collecting = collections.run(vault, { startedBy: 'Holdfast', isLargeApproved: false })
  // Whoever stops waiting for it does not want to hear of its end.
  collecting.catch(() => undefined)
  await whileGoingOn(
    collecting.then(() => purges.advance(vault)),
    signal,
  )
}
