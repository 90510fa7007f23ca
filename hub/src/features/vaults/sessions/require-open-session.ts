import { AppError, isEndState, type AgentId, type SessionId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { RunsDoor } from '../doors/doors.ts'
import { findSession, type SessionRecord } from '../tables/sessions.queries.ts'

export interface SessionClaim {
  readonly agentId: AgentId
  readonly sessionId: SessionId
  readonly fence: number
}

/**
 * The session, if it is this agent's, open, and its run is still in the agent's hands with this very fence.
 * @throws AppError `session.not-found`, `run.fence-stale`, `run.already-finished`
 */
export async function requireOpenSession(em: EntityManager, runs: RunsDoor, claim: SessionClaim): Promise<SessionRecord> {
  const session = await findSession(em, claim.sessionId)
  if (session === null || session.agentId !== claim.agentId || session.state !== 'open') throw sessionNotFound(claim.sessionId)
  if (session.fence !== claim.fence) throw new AppError('run.fence-stale', { context: { fence: claim.fence } })
  const run = await runs.getRunForAgent(em, session.runId, claim.agentId, claim.fence)
  if (isEndState(run.state)) throw new AppError('run.already-finished', { context: { runId: run.id } })
  return session
}

/** For calls that are answered after the session's end too. @throws AppError `session.not-found` */
export async function requireOwnSession(em: EntityManager, { agentId, sessionId, fence }: SessionClaim): Promise<void> {
  const session = await findSession(em, sessionId)
  if (session === null || session.agentId !== agentId || session.state === 'closed') throw sessionNotFound(sessionId)
  if (session.fence !== fence) throw new AppError('run.fence-stale', { context: { fence } })
}

export const sessionNotFound = (sessionId: SessionId): AppError => new AppError('session.not-found', { context: { sessionId } })
