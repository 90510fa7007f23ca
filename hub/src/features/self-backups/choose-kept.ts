import { selectSnapshots } from '@holdfast/engine/retention'
import type { StoredSelfBackup } from '../vaults/index.ts'

const rules = { keepDaily: 14, keepWeekly: 8 }

/** Not one that cannot be read just now: the disk may find it again. */
export const isUnfinished = ({ isWhole, isReadable }: StoredSelfBackup): boolean => isReadable && !isWhole

/** Which self-backups nobody needs any more: of each of the newest 14 days and 8 weeks the newest stays, and the newest of all. Unfinished ones go. */
export function chooseSurplus(listed: readonly StoredSelfBackup[], nowMs: number): StoredSelfBackup[] {
  const whole = listed.filter(({ isWhole }) => isWhole)
  const candidates = whole.map((backup, seq) => ({
    backup,
    id: backup.id,
    receivedAt: backup.createdAtMs,
    seq,
    isWhole: true,
    isHeld: false,
  }))
  const verdicts = selectSnapshots(candidates, rules, { timeZone: 'UTC', now: nowMs })
  const surplus = verdicts.filter(({ keptFor }) => keptFor.length === 0).map(({ snapshot }) => snapshot.backup)
  return [...listed.filter(isUnfinished), ...surplus]
}
