import type { Stage } from './stages.ts'

/** What the command line says of a run with `--json`; a restore and a backup count different things. */
interface RunCounts {
  readonly bytesRead?: number
  readonly bytesStored?: number
  readonly bytesWritten?: number
}

/**
 * Bytes that passed through a stage, where the result of the run says so: by `part stage`.
 *
 * @param document that the command line has written
 */
export function bytesOfStages(document: string): ReadonlyMap<string, number> {
  const { bytesRead, bytesStored, bytesWritten } = JSON.parse(document) as RunCounts
  const counted = (bytes: number | undefined, part: string, of: readonly Stage[]): [string, number][] =>
    bytes === undefined ? [] : of.map((stage) => [`${part} ${stage}`, bytes])
  return new Map([
    ...counted(bytesRead, 'agent', ['read', 'hash']),
    ...counted(bytesStored, 'agent', ['upload']),
    ...counted(bytesStored, 'hub', ['ingest']),
    ...counted(bytesWritten, 'agent', ['write', ...(bytesStored === undefined ? (['verify'] as const) : [])]),
  ])
}
