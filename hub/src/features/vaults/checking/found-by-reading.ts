import { packPrefix } from '@holdfast/engine/format'
import type { FsckReport } from '@holdfast/engine/maintenance'

/** What a check of lists finds of packs as surely as one that reads them. */
const foundByLists: ReadonlySet<string> = new Set([
  'object.missing',
  'row.differs',
  'row.in-doubt',
  'row.missing',
  'row.stale',
  'segment.repeated',
])

/**
 * Whether a check that read every byte found what one of lists may pass over. All but packs is read whole by both, and codes such as
 * `pack.invalid` stand for a footer as well as for what lies before it: those count as found by reading.
 */
export const isFoundByReading = ({ problems }: Pick<FsckReport, 'problems'>): boolean =>
  problems.some(({ code, object }) => object.startsWith(packPrefix) && !foundByLists.has(code))
