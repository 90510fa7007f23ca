import type {
  AgentId,
  DomainId,
  RunError,
  RunId,
  RunOutcome,
  RunProgressSample,
  RunRequest,
  RunResult,
  RunWarning,
  SessionId,
  SnapshotId,
  SnapshotSummary,
  VaultId,
  VaultKind,
  WirePath,
} from '@holdfast/shared-types'
import type { MemoryProfile } from '../config/agent-config.ts'
import type { RunEvent } from '../discretion/run-events.ts'
import type { OfferedKeys } from '../identity/vault-trust.ts'

/** Everything a worker needs to know to carry out one run; handed over when it starts. */
export interface RunOrder {
  readonly runId: RunId
  readonly fence: number
  readonly request: RunRequest
  /** What its plan is called; empty without one. */
  readonly planName: string
  readonly agentId: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly hostname: string
  readonly version: string
  /** PKCS8: structured cloning of key objects would do as well, but bytes are what is on disk. */
  readonly signKey: Uint8Array
  readonly boxKey: Uint8Array
  readonly catalogueFolder: string
  /** Absolute folders that no backup may hold and nothing is restored into: the agent's own state, and the hub's data and vaults where they lie on this machine. */
  readonly excludedFolders: readonly string[]
  /** Whether a snapshot of another device is restored here, when it is ordered. */
  readonly takesOthersSnapshots: boolean
  /** Whether one is restored or checked here that the hub wrote anew. */
  readonly takesRewrittenSnapshots: boolean
  readonly memory: MemoryProfile
  /** Its threads leave the processor to everything else that wants it. */
  readonly givesWay: boolean
}

/** What a worker is started with. */
export interface WorkerStart {
  readonly order: RunOrder
  /** Where it notes what it has open (`HeldDescriptors`), for the case that it is ended hard. */
  readonly descriptors: SharedArrayBuffer
}

/** What a worker asks of the hub, and of the device's own state; the main thread holds link, HTTP and state. */
export interface HubCalls {
  readonly 'session.open': { readonly ask: null; readonly answer: OpenedSession }
  readonly 'session.have': {
    readonly ask: { readonly sessionId: SessionId; readonly ids: Uint8Array<ArrayBuffer> }
    readonly answer: Uint8Array
  }
  readonly 'session.put-pack': {
    readonly ask: { readonly sessionId: SessionId; readonly packId: string; readonly bytes: Uint8Array }
    readonly answer: null
  }
  readonly 'session.commit': {
    /** `summary`: of a private vault, whose hub cannot look into the snapshot. */
    readonly ask: { readonly sessionId: SessionId; readonly bytes: Uint8Array; readonly summary: SnapshotSummary | null }
    readonly answer: { readonly snapshotId: SnapshotId }
  }
  readonly 'vault.unseal': { readonly ask: null; readonly answer: SealedKeys }
  /** Whether keys may be used: asked before anything is done with them. */
  readonly 'vault.accept': { readonly ask: OfferedKeys; readonly answer: null }
  /** That a sealed choice, named by its 16 random bytes in hex, is this run's and was no other one's. */
  readonly 'selection.use': { readonly ask: string; readonly answer: null }
  readonly 'run.snapshot-object': { readonly ask: null; readonly answer: Uint8Array }
  /** The agent object of the device that made the snapshot. */
  readonly 'run.snapshot-signer': { readonly ask: null; readonly answer: Uint8Array }
  readonly 'run.locate': { readonly ask: Uint8Array; readonly answer: Uint8Array }
  readonly 'run.segments': { readonly ask: Uint8Array; readonly answer: Uint8Array }
}
export type HubCallName = keyof HubCalls

export interface SealedKeys {
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly keyEpoch: number
  readonly sealedDomainKeys: Uint8Array
  /** Left out = managed. */
  readonly vaultKind?: VaultKind | undefined
}
export interface OpenedSession extends Omit<SealedKeys, 'vaultId'> {
  readonly sessionId: SessionId
  readonly usableBaseSnapshots: readonly string[]
  readonly readAgain?: readonly WirePath[] | undefined
  readonly hasBlobs: boolean
  readonly nextSnapshotSeq: number
  /** What deleted files are kept from; null for nothing, left out where they are not kept. */
  readonly keepBase?: { readonly snapshotId: string; readonly isNewest: boolean } | null | undefined
}

/** How a run ended, as the worker saw it. */
export interface RunEnd {
  readonly outcome: Exclude<RunOutcome, 'expired'>
  readonly result: RunResult | null
  readonly error: RunError | null
  readonly warningCount: number
}

export interface LogEntry {
  readonly atMs: number
  readonly level: 'info' | 'warn' | 'error'
  readonly event: RunEvent
  readonly message: string
  /** For people: lossy text of a path on the device. */
  readonly path: string | null
}

/** Worker → main. */
export type FromWorker =
  | { readonly kind: 'call'; readonly call: number; readonly name: HubCallName; readonly ask: unknown }
  | { readonly kind: 'progress'; readonly sample: RunProgressSample }
  | { readonly kind: 'log'; readonly entry: LogEntry }
  /** The first 1,000 only. */
  | { readonly kind: 'warning'; readonly warning: RunWarning }
  | { readonly kind: 'end'; readonly end: RunEnd }

/** Main → worker. */
export type ToWorker =
  | { readonly kind: 'answer'; readonly call: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly call: number; readonly error: RunError }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'pause'; readonly isPaused: boolean }
