import {
  agentReports,
  agentRequests,
  isErrorCode,
  type AgentReportType,
  type AgentRequestType,
  type AnyEnvelope,
  type BodyOf,
} from '@holdfast/shared-types'
import { figuresOnly, namelessResult } from './nameless-result.ts'
import { namelessError, namelessWarnings } from './nameless-error.ts'
import { namelessNote } from './run-events.ts'

const toHub = { ...agentReports, ...agentRequests }
type ToHub = typeof toHub
type ToHubType = AgentReportType | AgentRequestType
type Rules = { readonly [T in ToHubType]: (body: BodyOf<ToHub, T>) => BodyOf<ToHub, T> }

/**
 * Of every message to the hub what cannot hold a name, put together anew: ids, figures, codes, and words from tables. A message, or a field of one, that is not here does
 * not pass. A new kind of message without a line does not compile.
 */
const rules: Rules = {
  'run.progress': ({ runId, fence, sample, isPaused, waitsFor }) => ({
    runId,
    fence,
    sample: {
      phase: sample.phase,
      filesDone: sample.filesDone,
      bytesDone: sample.bytesDone,
      filesTotal: sample.filesTotal,
      bytesTotal: sample.bytesTotal,
      filesRead: sample.filesRead,
      bytesRead: sample.bytesRead,
      bytesStored: sample.bytesStored,
      warnings: sample.warnings,
      currentPath: null,
      elapsedMs: sample.elapsedMs,
    },
    ...(isPaused === undefined ? {} : { isPaused }),
    ...(waitsFor === undefined || !isErrorCode(waitsFor) ? {} : { waitsFor }),
  }),
  'run.log': ({ runId, fence, lines }) => ({
    runId,
    fence,
    lines: lines.map(({ n, atMs, level, event }) => ({ n, atMs, level, ...namelessNote(event), path: null })),
  }),
  'run.finished': ({ runId, fence, outcome, result, error, warnings, warningCount }) => ({
    runId,
    fence,
    outcome,
    result: result === null ? null : namelessResult(result),
    error: error === null ? null : namelessError(error.code),
    warnings: namelessWarnings(warnings),
    warningCount,
  }),
  'host.measured': ({ measurementId, sample, error }) => ({
    measurementId,
    sample:
      sample === null
        ? null
        : {
            phase: sample.phase,
            files: sample.files,
            folders: sample.folders,
            bytes: sample.bytes,
            leftOut: figuresOnly(sample.leftOut),
            problems: sample.problems,
            largestLeftOut: [],
            elapsedMs: sample.elapsedMs,
          },
    error: error === null ? null : namelessError(error.code),
  }),
  'session.open': ({ runId, fence, vaultId, canReadAgain }) => ({
    runId,
    fence,
    vaultId,
    ...(canReadAgain === undefined ? {} : { canReadAgain }),
  }),
  'session.have': ({ sessionId, fence, ids }) => ({ sessionId, fence, ids }),
  'vault.unseal': ({ runId, fence }) => ({ runId, fence }),
}

/** @throws ZodError for what is no message to the hub: it is told nothing then. */
export function namelessMessage(envelope: AnyEnvelope): AnyEnvelope {
  const { type } = envelope
  if (!isToHub(type)) throw new TypeError('This is no message to the hub.')
  return { v: envelope.v, id: envelope.id, type, sentAtMs: envelope.sentAtMs, body: namelessBody(type, envelope.body) }
}

/** Parsed before and after: what the schema takes for an id, a figure or a code is one. */
function namelessBody<T extends ToHubType>(type: T, body: unknown): BodyOf<ToHub, T> {
  const rule: Rules[T] = rules[type]
  const schema = toHub[type].body
  return schema.parse(rule(schema.parse(body) as BodyOf<ToHub, T>)) as BodyOf<ToHub, T>
}

const isToHub = (type: string): type is ToHubType => Object.hasOwn(toHub, type)
