import { z } from 'zod'
import { DeviceLimits } from '../model/device.ts'
import { HostCursor, HostPage, MeasurementRequest, MeasurementSample } from '../model/host.ts'
import { VaultKind } from '../model/vault.ts'
import { RunError, RunOutcome, RunProgressSample, RunRequest, RunResult, RunWarning } from '../model/run.ts'
import { DomainId, MeasurementId, RunId, SessionId, SnapshotId, VaultId } from '../primitives/ids.ts'
import { Count, TimeMs, WirePath } from '../primitives/wire-path.ts'
import { envelopeOf, WireBytes } from './envelope.ts'

/** Fence: grows with every attempt; whatever carries an older one is refused. */
const Fence = z.int().min(1)
const ofRun = { runId: RunId, fence: Fence }

/** Hub → agent. Each names the body and the body of its acknowledgement. */
export const hubCommands = {
  'run.offer': {
    /** `plan`: what its plan is called, for the snapshot. */
    body: z.object({ ...ofRun, leaseMs: z.int().min(1), request: RunRequest, plan: z.string().max(120).optional() }),
    ack: z.object({ accepted: z.boolean(), reason: z.string().optional() }),
  },
  'run.cancel': { body: z.object({ ...ofRun }), ack: z.object({ known: z.boolean() }) },
  /** As it shall be from now on. Only for agents with the capability `run.pause`. */
  'run.pause': { body: z.object({ ...ofRun, isPaused: z.boolean() }), ack: z.object({ known: z.boolean() }) },
  /** One part of a folder of the device's disk. Refused with `source.*` or `host.*`. Only to agents that say `host.list`. */
  'host.list': {
    body: z.object({ path: WirePath.nullable(), after: HostCursor.nullable(), limit: z.int().min(1).max(2000) }),
    ack: HostPage,
  },
  /** Begins to count; `host.measured` tells. Only to agents that say `host.measure`. */
  'host.measure': { body: z.object({ measurementId: MeasurementId, request: MeasurementRequest }), ack: z.object({}) },
  'host.stop-measuring': { body: z.object({ measurementId: MeasurementId }), ack: z.object({ known: z.boolean() }) },
  /** As they are from now on: first on a new link, before any run is offered, and whenever they change. Only to agents that say so. */
  'device.set-limits': { body: DeviceLimits, ack: z.object({}) },
} as const

/**
 * What an agent may be asked besides runs, said in its hello: one that does not say it is older than the command. `vault.private`: it tells the hub of a private vault no names, and
 * uses no keys but those it was let in with; one that does not say so would.
 */
export const agentCapabilities = {
  listHost: 'host.list',
  measureHost: 'host.measure',
  setLimits: 'device.set-limits',
  keepNames: 'vault.private',
} as const
export type AgentCapability = (typeof agentCapabilities)[keyof typeof agentCapabilities]

/** Agent → hub, told and acknowledged; all but the samples wait in the agent's outbox until they are. */
export const agentReports = {
  /**
   * Lossy on purpose: sent without retry, never queued. While it rests, or waits for what a person has to mend at the hub, a run says so
   * instead of showing progress. `waitsFor`: code of the refusal that it waits out.
   */
  'run.progress': {
    body: z.object({ ...ofRun, sample: RunProgressSample, isPaused: z.boolean().optional(), waitsFor: z.string().max(100).optional() }),
    ack: z.object({ goOn: z.boolean() }),
  },
  'run.log': {
    body: z.object({
      ...ofRun,
      lines: z
        .array(
          z.object({
            n: z
              .int()
              .min(1)
              .max(2 ** 31 - 1),
            atMs: TimeMs,
            level: z.enum(['info', 'warn', 'error']),
            event: z.string().max(100),
            message: z.string().max(4000),
            path: z.string().max(8192).nullable(),
          }),
        )
        .min(1)
        .max(500),
    }),
    ack: z.object({}),
  },
  /** Lossy on purpose, as `run.progress`; at most four a second. `error`: it ended without an answer. */
  'host.measured': {
    body: z.object({ measurementId: MeasurementId, sample: MeasurementSample.nullable(), error: RunError.nullable() }),
    ack: z.object({ goOn: z.boolean() }),
  },
  'run.finished': {
    body: z.object({
      ...ofRun,
      outcome: RunOutcome.exclude(['expired']),
      result: RunResult.nullable(),
      error: RunError.nullable(),
      warnings: z.array(RunWarning).max(1000),
      warningCount: Count,
    }),
    ack: z.object({}),
  },
} as const

/** Keys of a domain, sealed to the agent's X25519 key (docs/vault-format.md, sealed boxes): of a private vault those that the person stored who let the agent in. */
const SealedDomainKeys = WireBytes
/** Left out = managed. */
const kindOfVault = { vaultKind: VaultKind.optional() }

/** Agent → hub, asked and answered. */
export const agentRequests = {
  'session.open': {
    body: z.object({
      ...ofRun,
      vaultId: VaultId,
      /** This agent heeds `readAgain`; one that is older than the word reads everything where something is lost. */
      canReadAgain: z.boolean().optional(),
    }),
    ack: z.object({
      sessionId: SessionId,
      domainId: DomainId,
      keyEpoch: z.int().min(1),
      sealedDomainKeys: SealedDomainKeys,
      ...kindOfVault,
      /** Snapshots of this agent whose segments are certainly still there: a catalogue made with one of them may be used. */
      usableBaseSnapshots: z.array(z.string()),
      /**
       * Files to read although they have not changed: pieces of them are lost, in snapshots that may be used nevertheless as long as these are read.
       * What is gone meanwhile is no mistake.
       */
      readAgain: z.array(WirePath).max(2000).optional(),
      /** False = the domain holds nothing yet: asking `session.have` is pointless. */
      hasBlobs: z.boolean(),
      nextSnapshotSeq: z.int().min(1),
      /**
       * Of a backup that keeps deleted files: the newest snapshot of the same plan, or of the same sources where there is no plan, which the run
       * may read like that of a restore; null where there is none. Not `isNewest`: the store has lost a newer one.
       */
      keepBase: z.object({ snapshotId: SnapshotId, isNewest: z.boolean() }).nullable().optional(),
    }),
  },
  /** `ids`: n × 32 bytes, n ≤ 4096. Answer: n × 24 bytes, see `LocationRecord`; all zero = missing. */
  'session.have': { body: z.object({ sessionId: SessionId, fence: Fence, ids: WireBytes }), ack: z.object({ locations: WireBytes }) },
  /** Keys to read a snapshot of a vault for a restore or verify run. */
  'vault.unseal': {
    body: z.object({ ...ofRun }),
    ack: z.object({
      vaultId: VaultId,
      domainId: DomainId,
      keyEpoch: z.int().min(1),
      sealedDomainKeys: SealedDomainKeys,
      ...kindOfVault,
    }),
  },
} as const

type MessageTable = Record<string, { body: z.ZodType; ack: z.ZodType }>
export type BodyOf<T extends MessageTable, K extends keyof T> = z.infer<T[K]['body']>
export type AckOf<T extends MessageTable, K extends keyof T> = z.infer<T[K]['ack']>
export type HubCommandType = keyof typeof hubCommands
export type AgentReportType = keyof typeof agentReports
export type AgentRequestType = keyof typeof agentRequests

/** All message schemas by type, envelope included: what fixtures and the hub's and agent's gates parse with. */
export const agentMessages = { ...hubCommands, ...agentReports, ...agentRequests }
export type AgentMessageType = keyof typeof agentMessages
export const envelopeFor = (type: AgentMessageType) => envelopeOf(type, agentMessages[type].body)

/** A location on the wire: 16 bytes birth pack id, u32 birth ordinal, u16 position in the segment, u16 = 1 (little endian). All zero = unknown. */
export const locationRecordBytes = 24
export const maxIdsPerQuery = 4096
