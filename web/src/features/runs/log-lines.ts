import type { LogLine } from '@holdfast/shared-types'

export type LogLevel = LogLine['level']

// 100,000 lines are some 30 MB in the browser; older ones stay on the hub.
export const keptLines = 100_000

/**
 * Adds lines to a log that is sorted by `seq`, each line once. Lines mostly follow the log; those that come late (older
 * pages arriving beside live ones) are put in their place. Returns the same array where nothing is new.
 */
export function mergeLogLines(log: readonly LogLine[], incoming: readonly LogLine[]): readonly LogLine[] {
  const lastSeq = log.at(-1)?.seq ?? 0
  const follows = incoming.every((line, index) => line.seq > (incoming[index - 1]?.seq ?? lastSeq))
  if (incoming.length === 0) return log
  if (follows) return keepNewest([...log, ...incoming])
  const bySeq = new Map(log.map((line) => [line.seq, line]))
  const sizeBefore = bySeq.size
  for (const line of incoming) if (!bySeq.has(line.seq)) bySeq.set(line.seq, line)
  if (bySeq.size === sizeBefore) return log
  return keepNewest([...bySeq.values()].sort((a, b) => a.seq - b.seq))
}

const keepNewest = (log: readonly LogLine[]): readonly LogLine[] => (log.length > keptLines ? log.slice(-keptLines) : log)

const severity: { readonly [L in LogLevel]: number } = { info: 0, warn: 1, error: 2 }

/** The lines at least as severe as asked. */
export const filterLog = (log: readonly LogLine[], least: LogLevel): readonly LogLine[] =>
  least === 'info' ? log : log.filter((line) => severity[line.level] >= severity[least])

/** Time since a moment, of lines that follow each other: `+0:07`, `+12:03`, `+1:02:03`; what came before it has a minus. */
export function timeSince(fromMs: number, atMs: number): string {
  const sign = atMs < fromMs ? '-' : '+'
  const seconds = Math.floor(Math.abs(atMs - fromMs) / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${sign}${hours}:${two(minutes)}:${two(seconds % 60)}` : `${sign}${minutes}:${two(seconds % 60)}`
}
