import { AppError, isEndState, type RunId, type VaultId } from '@holdfast/shared-types'
import type { Database } from '../../../platform/database/database.ts'
import type { RunsDoor } from '../doors/doors.ts'
import { endSession, listOpenSessions, type SessionRecord } from '../tables/sessions.queries.ts'
import type { SessionGrants } from './session-grants.ts'

export interface CloseSessionDeps {
  readonly database: Database
  readonly grants: SessionGrants
  readonly runs: RunsDoor
  readonly now: () => number
}

/** Ends what is left of a run's session: a run that ended without a commit leaves its packs and nothing else. */
export async function closeSessionOfRun({ database, grants, now }: CloseSessionDeps, runId: RunId): Promise<void> {
  const sessionId = await database.transaction((em) => endSession(em, runId, 'closed', new Date(now())))
  if (sessionId !== null) grants.forget(sessionId)
}

/** For what nobody heard, as a hub that was killed or had lost its database: sessions whose run is over, or gone with its device. */
export async function closeEndedSessions(deps: CloseSessionDeps, vaultId: VaultId): Promise<void> {
  for (const session of await listOpenSessions(deps.database.em(), vaultId)) {
    if (await isOver(deps, session)) await closeSessionOfRun(deps, session.runId)
  }
}

async function isOver({ database, runs }: CloseSessionDeps, { runId, agentId }: SessionRecord): Promise<boolean> {
  try {
    return isEndState((await runs.getRunForAgent(database.em(), runId, agentId)).state)
  } catch (error) {
    if (error instanceof AppError && error.code === 'run.not-found') return true
    throw error
  }
}
