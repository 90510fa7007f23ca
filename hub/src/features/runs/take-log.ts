import { AppError, type agentReports, type AgentId, type BodyOf } from '@holdfast/shared-types'
import { storableText, storableTime } from '../../platform/database/storable.ts'
import { addLogLines, knownLines, lockRun, type NewLogLine } from './runs.queries.ts'
import { presentLogLine } from './runs.present.ts'
import type { RunsState } from './runs-state.ts'

type Report = BodyOf<typeof agentReports, 'run.log'>

/** Lines kept of one run: beyond it a log is not read any more, and every one of a million bad files would be a row for ever. */
const maxLines = 100_000

/**
 * Stores lines of a run's log, each once: a report that comes again adds nothing. Also taken after the end, for they may be late.
 *
 * @throws AppError `run.not-found`, `run.fence-stale`
 */
export function takeLog(state: RunsState, agentId: AgentId, { runId, fence, lines }: Report): Promise<void> {
  return state.database.transaction(async (em) => {
    const run = await lockRun(em, runId)
    if (run.agentId !== agentId) throw new AppError('run.not-found')
    if (run.fence !== fence) throw new AppError('run.fence-stale')
    const known = await knownLines(
      em,
      runId,
      fence,
      lines.map((line) => line.n),
    )
    const fresh: NewLogLine[] = []
    for (const { n, atMs, level, event, message, path } of lines) {
      if (known.has(n)) continue
      known.add(n)
      fresh.push({
        fence,
        n,
        at: storableTime(atMs),
        level,
        event: storableText(event),
        message: storableText(message),
        path: path === null ? null : storableText(path),
      })
    }
    const stored = addLogLines(em, run, fitting(run.lastLogSeq, fresh, new Date(state.now())))
    await em.flush()
    for (const line of stored) state.live.append(em, `run:${runId}`, 'run.log', presentLogLine(line))
  })
}

function fitting(alreadyStored: number, fresh: readonly NewLogLine[], at: Date): readonly NewLogLine[] {
  const space = maxLines - alreadyStored
  if (fresh.length <= space) return fresh
  if (space <= 0) return []
  const notice: NewLogLine = {
    fence: null,
    n: null,
    at,
    level: 'warn',
    event: 'run.log-full',
    message: `The log has ${maxLines} lines; what follows is not kept.`,
    path: null,
  }
  return [...fresh.slice(0, space - 1), notice]
}
