import { z } from 'zod'
import { IncludePattern } from '../primitives/include-pattern.ts'
import { AgentId, SnapshotId } from '../primitives/ids.ts'
import { isFileSystemRoot, WirePath } from '../primitives/wire-path.ts'
import { fitsOneMessage, tooLongTogether } from './patterns-limit.ts'

/** What happens to something that stands where an entry belongs; folders are always merged (docs/architecture.md, Restoring). */
export const ConflictMode = z.enum(['skip', 'overwrite-different', 'overwrite', 'rename'])
export type ConflictMode = z.infer<typeof ConflictMode>
export const standardConflictMode: ConflictMode = 'overwrite-different'

/** Ways of restoring; an order and a request say them alike. Each may be left out, and an agent that is older than they are is not told of it. */
export const restoreModes = {
  /** Patterns of which at least one has to match, within what is asked for; left out or empty = everything. */
  include: z.array(IncludePattern).max(1000).refine(fitsOneMessage, tooLongTogether).optional(),
  /** Left out: {@link standardConflictMode}. */
  conflict: ConflictMode.optional(),
  /** Looks, decides and counts as a restore does, and writes nothing. */
  dryRun: z.boolean().optional(),
  /** Also what a snapshot keeps of deleted files; else only those of them that the paths name. */
  withDeleted: z.boolean().optional(),
} as const

/**
 * What a person ordered to be restored from a private vault, sealed to the device (docs/vault-format.md, sealed selections): 16 random bytes, fresh for each
 * order, then the box. In it: JSON of {@link RestoreSelection}.
 */
export const SealedSelection = z.base64url().min(100).max(700_000)
export type SealedSelection = z.infer<typeof SealedSelection>

/** All that a restore does, and from what. */
export const RestoreSelection = z.strictObject({
  snapshotId: SnapshotId,
  /** Folder on the device; every entry goes to target + its absolute source path. Null: back to where it was. */
  target: WirePath.nullable(),
  /** Puts the contents of the snapshot's one root straight into the target. */
  flat: z.boolean(),
  /** Absolute paths in the snapshot; empty = everything. A folder brings all below it. */
  paths: z.array(WirePath).max(10_000),
  ...restoreModes,
})
export type RestoreSelection = z.infer<typeof RestoreSelection>

/**
 * The same restore, said one way, as it travels: what goes without saying is left out, which an agent of an earlier version would refuse, and the same place has
 * one name, so that two runs that write to it have one key.
 */
export function leanRestore({
  snapshotId,
  target,
  flat,
  paths,
  include = [],
  conflict = standardConflictMode,
  dryRun = false,
  withDeleted = false,
}: RestoreSelection): RestoreSelection {
  return {
    snapshotId,
    target: target !== null && !flat && isFileSystemRoot(target) ? null : target,
    flat,
    paths,
    ...(include.length === 0 ? {} : { include }),
    ...(conflict === standardConflictMode ? {} : { conflict }),
    ...(dryRun ? { dryRun } : {}),
    ...(withDeleted ? { withDeleted } : {}),
  }
}

export const RestoreRequest = z.strictObject({
  kind: z.literal('restore'),
  ...RestoreSelection.shape,
  /**
   * The device that made the snapshot, where it is another one: a person has ordered so, and the hub has looked whether it may be. An agent
   * that could not check another device's signature does not know this word, and refuses the order.
   */
  fromAgentId: AgentId.optional(),
  /**
   * Of a private vault, from which nothing is restored without it: stands instead of `paths` and `include`, which are empty then, and says the rest too, so that
   * the device sees whether that is what was ordered. An agent that is older than private vaults refuses it.
   */
  sealedSelection: SealedSelection.optional(),
})
export type RestoreRequest = z.infer<typeof RestoreRequest>
