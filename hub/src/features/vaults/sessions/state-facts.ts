import { AppError, type SnapshotSummary } from '@holdfast/shared-types'
import type { StatedFacts } from '../contents/snapshot-facts.ts'
import type { AgentsDoor, RunsDoor } from '../doors/doors.ts'
import { rejected, type SessionInHand } from './prove-snapshot.ts'

interface StateFactsDeps {
  readonly agents: AgentsDoor
  readonly runs: RunsDoor
}

/** A figure or word each, or none at all. */
export type SummaryParts = { readonly [K in keyof SnapshotSummary]?: SnapshotSummary[K] | undefined }

/**
 * What is known of a snapshot that the hub cannot open: names of its device and plan, what was ordered, and the device's own figures. Null where the hub opens it.
 * @throws AppError `session.rejected` for a snapshot of a private vault without figures
 */
export async function stateFacts(
  { agents, runs }: StateFactsDeps,
  { em, vault, session }: SessionInHand,
  parts: SummaryParts,
): Promise<StatedFacts | null> {
  if (vault.kind === 'managed') return null
  const agent = await agents.findAgent(em, session.agentId)
  if (agent === null) throw new AppError('agent.not-found')
  const { request, planName } = await runs.getRunForAgent(em, session.runId, session.agentId)
  return {
    summary: wholeSummary(parts),
    host: agent.host.hostname,
    system: agent.host.os,
    plan: planName,
    roots: request.kind === 'backup' ? request.sources : [],
  }
}

function wholeSummary({ status, files, folders, bytes, errors, filesNew, filesChanged }: SummaryParts): SnapshotSummary {
  const isLacking =
    status === undefined ||
    files === undefined ||
    folders === undefined ||
    bytes === undefined ||
    errors === undefined ||
    filesNew === undefined ||
    filesChanged === undefined
  if (isLacking)
    throw rejected('A snapshot of a private vault came without what is to be said of it: the hub cannot look. Update the agent.')
  return { status, files, folders, bytes, errors, filesNew, filesChanged }
}
