import { randomUUID } from 'node:crypto'
import { agentReports } from '@holdfast/shared-types'
import type { QueuedReport } from './outbox-file.ts'

/** Of the 1 MiB that a message on the link may have, with room for what is around it. */
const mostBytes = 900_000

/** As it goes over the link. */
export const bytesOf = (report: QueuedReport): number => Buffer.byteLength(JSON.stringify(report))

/**
 * A report as the link can carry it: log lines in as many reports as that takes, each with an id of its own; a line that is too large by
 * itself, or that nobody can read, is left out. All else as it is.
 */
export function* inParts(report: QueuedReport): Generator<QueuedReport> {
  if (report.type !== 'run.log' || bytesOf(report) <= mostBytes) return void (yield report)
  const { data: body } = agentReports['run.log'].body.safeParse(report.body)
  if (body === undefined || body.lines.length < 2) return
  const half = Math.ceil(body.lines.length / 2)
  for (const lines of [body.lines.slice(0, half), body.lines.slice(half)])
    yield* inParts({ ...report, id: randomUUID(), body: { ...body, lines } })
}
