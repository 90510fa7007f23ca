import type { RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../platform/database/database.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { BytesAnswer } from '../../platform/http/define-feature.ts'
import { startedStream } from '../../platform/http/started-stream.ts'
import { logFileLine } from './log-file-line.ts'
import { requireVisibleRun } from './require-visible-run.ts'
import { readLog } from './runs.queries.ts'

/** Lines in memory at a time; of long ones `readLog` gives fewer. */
const linesAtOnce = 1000
const readAheadBytes = 64 * 1024

/**
 * All lines that a run has at this moment, as text: read from the database as fast as the caller takes them.
 *
 * @throws AppError `run.not-found`
 */
export async function getRunLogFile(database: Database, em: EntityManager, actor: KnownActor, runId: RunId): Promise<BytesAnswer> {
  const { lastLogSeq } = await requireVisibleRun(em, actor, runId)
  return {
    stream: await startedStream(textOf(database, runId, lastLogSeq), readAheadBytes),
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="run-${runId}.log"`,
      'x-content-type-options': 'nosniff',
    },
  }
}

/** A run that goes on may write faster than this reads: it ends at the line that was the last one when it began. */
async function* textOf(database: Database, runId: RunId, lastSeq: number): AsyncGenerator<Uint8Array> {
  for (let after = 0; after < lastSeq;) {
    // Rows stay in the memory of their EntityManager: each part has its own.
    const { items } = await readLog(database.em(), runId, after, Math.min(linesAtOnce, lastSeq - after))
    const last = items.at(-1)
    if (last === undefined) return
    yield Buffer.from(items.map(logFileLine).join(''), 'utf8')
    after = last.seq
  }
}
