import type { AgentId } from '@holdfast/shared-types'
import { SharedBudget } from '../contents/shared-budget.ts'

/** 60 TiB of backup; an agent's snapshot of 1 TiB has half a megabyte. */
export const maxSnapshotBytes = 64 * 1024 * 1024
/** Of all devices: four of the largest snapshots, thousands of usual ones. */
const allBytes = 4 * maxSnapshotBytes

/**
 * Memory for snapshots that are being committed. A device has as much of it as one of the largest takes, however many it sends, so
 * that none keeps the others from committing; what is beyond that waits for its own.
 */
export class CommitBodies {
  readonly #all = new SharedBudget(allBytes)
  readonly #ofAgents = new Map<AgentId, SharedBudget>()

  /** How many devices hold or wait for memory. */
  get agents(): number {
    return this.#ofAgents.size
  }

  /** @param bytes at most a device's whole share is taken */
  async during<T>(agentId: AgentId, bytes: number, work: () => Promise<T>): Promise<T> {
    const own = this.#ofAgents.get(agentId) ?? new SharedBudget(maxSnapshotBytes)
    this.#ofAgents.set(agentId, own)
    const share = Math.min(bytes, maxSnapshotBytes)
    try {
      // Its own first: what it waits for itself takes no place in the queue of all.
      return await own.during(share, () => this.#all.during(share, work))
    } finally {
      if (own.isIdle && this.#ofAgents.get(agentId) === own) this.#ofAgents.delete(agentId)
    }
  }
}
