import type {
  AgentId,
  Device,
  DomainId,
  DrillSample,
  HostFacts,
  PlanId,
  RunId,
  RunKind,
  RunRequest,
  RunState,
  SnapshotId,
  UserId,
  VaultId,
  VerifyResult,
} from '@holdfast/shared-types'
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
  /** Of the plan that it belongs to. */
  readonly planName: string | null
}

/** A device that is asked to look through a snapshot. */
export interface OpenAudit {
  readonly snapshotId: SnapshotId
  readonly agentId: AgentId
}

/** What came of it. */
export interface ToldAudit {
  readonly snapshotId: SnapshotId
  readonly audit: NonNullable<VerifyResult['audit']>
  /** Missing pieces, and lists that it could not read. */
  readonly problems: number
}

/** Runs that backed up the same as another one. */
export interface RunsLike {
  readonly runIds: ReadonlySet<RunId>
  /** Of the candidates, those that there is a row of. */
  readonly knownIds: ReadonlySet<RunId>
  /** Of the plan that they belong to; null for runs without one. */
  readonly planName: string | null
}

/** A run that reads a snapshot, or will. */
export interface ReadingRun {
  readonly runId: RunId
  readonly snapshotId: SnapshotId
  /** Its device has it in hand, so that it may have been told where things lie. */
  readonly hasBegun: boolean
}

export interface LastVerification {
  readonly orderedAtMs: number
  /** It waits or is under way. */
  readonly isOpen: boolean
}

export interface RunsDoor {
  /** Restores that are not over, waiting ones too, and verifications that have begun: one that waits for a device that is switched off is in nobody's way. */
  listReadingRuns(em: EntityManager): Promise<ReadingRun[]>
  /** The newest of each device, however it went or goes; devices that never verified anything are left out. */
  lastVerifications(em: EntityManager): Promise<ReadonlyMap<AgentId, LastVerification>>
  /** Asks a device to restore a sample of its own snapshot and to compare it. @throws AppError `run.already-active`, `agent.not-found` */
  orderDrill(agentId: AgentId, snapshotId: SnapshotId, sample: DrillSample): Promise<void>
  /**
   * Asks a device to look through a snapshot of a private vault. @param fromAgentId the device that made it, where it is another
   * @throws AppError `run.already-active`, `agent.not-found`
   */
  orderAudit(agentId: AgentId, snapshotId: SnapshotId, fromAgentId: AgentId | null): Promise<void>
  /** Those that wait or are under way. */
  openAudits(em: EntityManager): Promise<OpenAudit[]>
  /** Of an audit that came to its end; null for any other run. */
  auditOf(em: EntityManager, runId: RunId): Promise<ToldAudit | null>
  /** Those of `candidates` that belong to the same plan as a run does, or have the same sources where it has no plan. */
  runsLike(em: EntityManager, runId: RunId, candidates: readonly RunId[]): Promise<RunsLike>
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
  readonly host: Pick<HostFacts, 'os' | 'hostname'>
  /** Not null = it was cut off for good. */
  readonly revokedAt: Date | null
}

/** A device of a vault, as far as it may be of use. */
export interface VaultDevice {
  readonly id: AgentId
  readonly domainId: DomainId
  readonly isOnline: boolean
  /** It is in use and has its keys. */
  readonly canRead: boolean
}

/** A device that waits until a person lets it into its private vault. */
export interface WaitingAgent extends AgentRecord {
  readonly boxSignature: Uint8Array
  readonly enrolledAt: Date
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
  /** Of a vault, revoked ones too. */
  listOfVault(em: EntityManager, vaultId: VaultId): Promise<VaultDevice[]>
  /** Not revoked; oldest first. */
  listWaiting(em: EntityManager, vaultId: VaultId): Promise<WaitingAgent[]>
  /** It has its keys now, and is shown so. Call it in a transaction. @throws AppError `agent.not-found` */
  keysGiven(em: EntityManager, agentId: AgentId): Promise<Device>
  /** The opposite: its keys are not there any more. @param boxSignature its signature over its X25519 key. Call it in a transaction. */
  keysAwaited(em: EntityManager, agentId: AgentId, boxSignature: Uint8Array): Promise<void>
  /** Of all that are there, revoked ones too. */
  deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>>
  /** A device as a person on the command line names it: by its id, or by its name if no other in use has it. @throws AppError `agent.not-found`, `agent.ambiguous` */
  findNamedDevice(em: EntityManager, wanted: string): Promise<AgentId>
}

/** Rules of keeping; what a collection then removes. */
export interface RetentionDoor {
  /** Deletes, with their undo time, the snapshots of a vault that no rule keeps. @throws what keeps it from its end; then nothing is collected */
  apply(vaultId: VaultId, signal: AbortSignal): Promise<void>
}

/** What backs something up: a plan, or a run that was asked for without one. */
export interface HealWork {
  /** The same for the same work of a device. */
  readonly key: string
  readonly from: { readonly planId: PlanId } | { readonly runId: RunId }
}

/** What made a backup, as its snapshot's row says. */
export interface MadeBackup {
  readonly runId: RunId | null
  readonly plan: string | null
}

/** `under-way`: a backup of it waits or works already. `waits`: its plan is switched off. `never`: the plan or the device is gone. */
export type HealAnswer =
  | { readonly kind: 'ordered'; readonly runId: RunId }
  | { readonly kind: 'under-way' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'never' }

/** Backups that are asked of devices because what they backed up is damaged. */
export interface HealersDoor {
  isOnline(agentId: AgentId): boolean
  /** For each backup of a device what made it; null where that is gone. */
  worksOf(em: EntityManager, agentId: AgentId, made: readonly MadeBackup[]): Promise<(HealWork | null)[]>
  /** Devices and works (keys) whose healing waits or is under way. */
  openHeals(em: EntityManager): Promise<{ readonly agentId: AgentId; readonly key: string }[]>
  /** Puts the backup into its device's queue. @throws AppError `run.already-active` where a run with the same sources waits */
  order(work: HealWork): Promise<HealAnswer>
}

export interface PeopleDoor {
  /**
   * Proof that the person is still there: their current password, unless they have none. Guesses are counted and slowed down.
   * @throws AppError `sign-in.failed`, `sign-in.throttled`
   */
  provePassword(userId: UserId, address: string, password: string | undefined): Promise<void>
}
