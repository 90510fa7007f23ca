import { AppError, type Purge, type PurgePreview } from '@holdfast/shared-types'
import type { CliContext } from './cli-context.ts'
import { parseVaultOption } from './vault-id-option.ts'
import { withAdmin } from './with-admin.ts'

export interface PurgeOptions {
  readonly paths: readonly string[]
  readonly patterns: readonly string[]
  /** Ids or names; none = all. */
  readonly devices: readonly string[]
  /** Null = the default vault. */
  readonly vault: string | null
  readonly keepsUndo: boolean
  readonly isListed: boolean
  readonly isSure: boolean
}

/** @returns the exit status: 1 where it failed */
export async function purgeCommand(context: CliContext, options: PurgeOptions): Promise<number> {
  const { paths, patterns, devices, vault, keepsUndo, isListed, isSure } = options
  const vaultId = parseVaultOption(vault)
  if (isListed) {
    const purges = await withAdmin(context, (admin) => admin['purge-list']({ vaultId }))
    context.answer(purges, purges.items.length === 0 ? ['Nothing was purged.'] : purges.items.flatMap(purgeLines))
    return 0
  }
  if (paths.length + patterns.length === 0)
    throw new AppError('command.invalid', { message: 'Nothing is named.', cure: 'Say which paths leave, or give --pattern.' })
  const selection = { vaultId, devices: devices.length === 0 ? null : [...devices], paths: [...paths], patterns: [...patterns] }
  if (!isSure) {
    const preview = await withAdmin(context, (admin) => admin['purge-preview'](selection))
    context.answer(preview, previewLines(preview, keepsUndo))
    return 0
  }
  const purge = await withAdmin(context, (admin) => admin.purge({ ...selection, keepsUndo }))
  context.answer(purge, purgeLines(purge))
  return purge.state === 'failed' ? 1 : 0
}

function previewLines(preview: PurgePreview, keepsUndo: boolean): string[] {
  const { snapshots, snapshotsAffected, deletedAffected, entries, samples, held, inUse, unreadable, undoDays } = preview
  if (entries === 0) return [`Nothing of it is in any of ${snapshots} snapshots.`, ...unreadableLines(unreadable)]
  const undo = keepsUndo
    ? `As they were they could be had back for ${undoDays} days, and only then the content would go.`
    : 'Nothing of it could be had back: no undo time is kept.'
  return [
    `${entries} entries would leave ${snapshotsAffected} snapshots${deletedAffected === 0 ? '' : ` and ${deletedAffected} deleted ones`}, of ${snapshots} looked at:`,
    ...samples.map(({ path }) => `  ${JSON.stringify(path).slice(1, -1)}`),
    undo,
    ...held.map((id) => `Snapshot ${id} is held: release it first.`),
    ...inUse.map((id) => `Snapshot ${id} is read by a run: its content goes when that is over.`),
    ...unreadableLines(unreadable),
    'Nothing was changed. To do it, run it again with --yes.',
  ]
}

const unreadableLines = (ids: readonly string[]): string[] =>
  ids.map((id) => `Snapshot ${id} cannot be read: nobody knows whether it has some of it. Check the vault, or delete it.`)

function purgeLines({ id, state, snapshotsRewritten, entries, waitingFor, error }: Purge): string[] {
  const done = `Purge ${id}: ${snapshotsRewritten} snapshots were written anew, ${entries} entries left them.`
  if (state === 'failed') return [done, `It could not go on: ${error?.message ?? ''} ${error?.cure ?? ''}`.trim()]
  if (state === 'done') return [done, 'Nothing of it is left in the vault.']
  if (state === 'rewriting') return [done, 'It is still at work.']
  const until = waitingFor?.undoUntilMs ?? null
  return [
    done,
    `Old snapshots that still have it: ${waitingFor?.snapshots ?? 0}; segments: ${waitingFor?.segments ?? 0}. ` +
      (until === null
        ? 'A collection removes them.'
        : `They can be had back until ${new Date(until).toISOString()}, and go with a collection after that.`),
  ]
}
