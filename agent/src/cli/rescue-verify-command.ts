import { verifySnapshot } from '../runs/carry-out-verify.ts'
import { carryOutHere } from './carry-out-here.ts'
import type { CommandContext } from './command-context.ts'
import { parseSnapshotName } from './find-snapshot.ts'
import type { VerifyArguments } from './verify-command.ts'
import { findStored, openForRun, withRescuedVault, type RescueAddress } from './with-rescued-vault.ts'

/** Verifies also what nobody vouches for, and tells that first: it is what is asked. */
export async function rescueVerifyCommand(context: CommandContext, address: RescueAddress, args: VerifyArguments): Promise<number> {
  parseSnapshotName(args.snapshot)
  return withRescuedVault(address, async (access) => {
    const readable = await access.snapshots.open(await findStored(context, access, args, true))
    const { agentId, body, id, problem } = readable.snapshot
    const request = { kind: 'verify', snapshotId: id } as const
    return carryOutHere(context, { request, agentId, host: body.host }, async (voice, display) => {
      if (problem !== null) voice.warn(null, problem.code, problem.message)
      const opened = await openForRun(context, access, readable, { voice, display })
      try {
        return await verifySnapshot(voice, request, opened)
      } finally {
        await opened.close()
      }
    })
  })
}
