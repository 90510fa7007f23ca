import type { AgentId, DomainId, RunId, RunKind, RunRequest, RunState, SnapshotId, UserId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'

/*
 * What this feature asks of others. It names no more than it needs, and the wiring passes the front doors in: so neither agents nor
 * runs is a part of vaults, and both may ask vaults in turn.
 */

export interface RunRecord {
  readonly id: RunId
  readonly agentId: AgentId
  readonly kind: RunKind
  readonly state: RunState
  readonly fence: number
  readonly request: RunRequest
}

/** A restore or verification that is not over. */
export interface ReadingRun {
  readonly runId: RunId
  readonly snapshotId: SnapshotId
}

export interface RunsDoor {
  /** All there are, waiting ones too. */
  listReadingRuns(em: EntityManager): Promise<ReadingRun[]>

  /**
   * A run in the hands of this agent.
   * @param fence when given it must be the run's own.
   * @throws AppError `run.not-found` (also for another agent's), `run.fence-stale`
   */
  getRunForAgent(em: EntityManager, runId: RunId, agentId: AgentId, fence?: number): Promise<RunRecord>
  /**
   * Puts a run with this very fence into `committing` and keeps its row locked until the end of the transaction: until then it can
   * neither expire nor be cancelled. Call it inside of `Database.transaction`.
   * @throws AppError `run.not-found`, `run.fence-stale`, `run.already-finished`
   */
  markCommitting(em: EntityManager, runId: RunId, fence: number): Promise<unknown>
}

export interface AgentRecord {
  readonly id: AgentId
  readonly name: string
  readonly vaultId: VaultId
  readonly domainId: DomainId
  /** Raw, 32 bytes each. */
  readonly signPublicKey: Uint8Array
  readonly boxPublicKey: Uint8Array
}

/** A device that was cut off, and the vault that has its keys. */
export interface RevokedAgent {
  readonly id: AgentId
  readonly vaultId: VaultId
  readonly revokedAt: Date
}

export interface AgentsDoor {
  findAgent(em: EntityManager, agentId: AgentId): Promise<AgentRecord | null>
  listRevoked(em: EntityManager): Promise<RevokedAgent[]>
  /** Of all that are there, revoked ones too. */
  deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>>
}

export interface PeopleDoor {
  /**
   * Proof that the person is still there: their current password, unless they have none. Guesses are counted and slowed down.
   * @throws AppError `sign-in.failed`, `sign-in.throttled`
   */
  provePassword(userId: UserId, address: string, password: string | undefined): Promise<void>
}
