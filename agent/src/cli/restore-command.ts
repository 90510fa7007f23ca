import type { Snapshot } from '@holdfast/shared-types'
import { toWirePath } from '../runs/wire-path-bytes.ts'
import { askForRun } from './ask-for-run.ts'
import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { findSnapshot, parseSnapshotName } from './find-snapshot.ts'
import { confirmRestore, makeOrder, needsConfirmation, requireSomebody, type RestoreArguments, type RestoreOrder } from './restore-order.ts'
import { withHub, type HubAccess } from './with-hub.ts'

export async function restoreCommand(context: CommandContext, args: RestoreArguments): Promise<number> {
  const name = parseSnapshotName(args.snapshot)
  const orderOf = makeOrder(args)
  const confirmed = needsConfirmation(args) ? await confirm(context, args, name) : null
  return carryOutRun(context, async (access) => {
    const order = orderOf(confirmed ?? (await findSnapshot(access.client, name, args.host)).id)
    if (!access.agent.trust.isPrivate) return askForRun(access, order)
    const { isSealedAlike, withSealedChoice } = await import('./seal-choice.ts')
    return askForRun(access, await withSealedChoice(access.agent, order), (request) => isSealedAlike(access.agent, request, order))
  })
}

/** @returns the snapshot that was looked at: `latest` may be another one by now. */
async function confirm(context: CommandContext, args: RestoreArguments, name: string): Promise<RestoreOrder['snapshotId']> {
  requireSomebody(context.terminal, args)
  const snapshot = await withHub(context, async (access) => {
    const found = await findSnapshot(access.client, name, args.host)
    return access.agent.trust.isPrivate ? { ...found, roots: await rootsOf(access, found.id) } : found
  })
  await confirmRestore(context.terminal, args, snapshot)
  return snapshot.id
}

/** What the snapshot itself says that it holds: the hub of a private vault knows at most what was asked for. */
async function rootsOf(access: HubAccess, snapshotId: RestoreOrder['snapshotId']): Promise<Snapshot['roots']> {
  const { openPrivateSnapshot } = await import('./private-snapshot.ts')
  const { body, source } = await openPrivateSnapshot(access, snapshotId)
  await source.close()
  return body.roots.map(toWirePath)
}
