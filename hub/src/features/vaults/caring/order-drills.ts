import { randomBytes } from 'node:crypto'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { AgentsDoor, RunsDoor } from '../doors/doors.ts'
import { newestSnapshots } from '../tables/snapshots.queries.ts'
import { requireCaring, type CareTask } from './care-task.ts'

/** Each device restores a sample once a week. */
const everyMs = 6.5 * 24 * 60 * 60 * 1000
const sampleFiles = 50

export interface OrderDrillsDeps {
  readonly database: Database
  readonly log: Logger
  readonly now: () => number
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
}

/**
 * Has every device that has not for a week restore a sample of its newest snapshot and compare it. Those that are away do it when they come; one that has a verification waiting
 * or under way is not asked again.
 */
export async function orderDrills({ database, log, now, runs, agents }: OrderDrillsDeps, task: CareTask): Promise<void> {
  const em = database.em()
  const last = await runs.lastVerifications(em)
  for (const { id: snapshotId, agentId, vaultId } of await newestSnapshots(em, { visibleTo: null })) {
    requireCaring(task.signal)
    if (vaultId !== task.vault.id) continue
    const verification = last.get(agentId)
    const isRecent = verification !== undefined && Math.abs(now() - verification.orderedAtMs) < everyMs
    if (verification?.isOpen === true || (isRecent && !task.isByHand)) continue
    const agent = await agents.findAgent(em, agentId)
    if (agent === null || agent.revokedAt !== null) continue
    try {
      await runs.orderDrill(agentId, snapshotId, { files: sampleFiles, seed: randomBytes(8).toString('hex') })
      task.count({ named: 1 })
    } catch (error) {
      // One device must not keep the others from it.
      log.warn({ event: 'drill.not-ordered', agentId, err: error }, 'A device could not be asked for a restore drill')
      task.count({ problems: 1 })
    }
  }
}
