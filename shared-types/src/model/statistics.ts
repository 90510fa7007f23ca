import { z } from 'zod'
import { AgentId, RunId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs, WirePath } from '../primitives/wire-path.ts'
import { RunKind } from './run.ts'

const Outcomes = z.object({ succeeded: Count, warning: Count, failed: Count, cancelled: Count, expired: Count })

/** Runs of one kind that ended within the last so many hours or days, by the hub's clock. */
const KindStatistics = z.object({
  kind: RunKind,
  last24Hours: Outcomes,
  last7Days: Outcomes,
  last30Days: Outcomes,
  /** Of those that succeeded, with warnings or without, in 30 days; null without one. */
  averageDurationMs: z.int().min(0).nullable(),
})

export const Statistics = z
  .object({
    /** The moment that all of it is about. */
    atMs: TimeMs,
    /** One for each kind. */
    kinds: z.array(KindStatistics),
    /** The newest good backup of each set of sources, newest first; the newest 200. */
    lastSuccesses: z.array(
      z.object({ agentId: AgentId, runId: RunId, sources: z.array(WirePath), finishedAtMs: TimeMs, hadWarnings: z.boolean() }),
    ),
    /** Backups of the last 30 days by the day they ended (UTC), oldest first; days without one are there with zeros. */
    days: z.array(z.object({ day: z.iso.date(), backups: Count, bytesRead: ByteCount, bytesStored: ByteCount })),
    snapshots: z.object({ count: Count, oldestAtMs: TimeMs.nullable(), newestAtMs: TimeMs.nullable() }),
  })
  .meta({ id: 'Statistics', description: 'How runs went lately' })
export type Statistics = z.infer<typeof Statistics>
