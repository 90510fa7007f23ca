import type { Snapshot } from '@holdfast/shared-types'
import { ofHost } from '../rescue/choose-snapshot.ts'
import type { StoredSnapshot } from '../rescue/stored-snapshots.ts'
import { print, type CommandContext } from './command-context.ts'
import { formatCounted } from './format-figures.ts'
import { snapshotDocument, snapshotTable } from './snapshots-command.ts'
import { asSnapshot, problemLine, withRescuedVault, type RescueAddress } from './with-rescued-vault.ts'

const warningStatus = 3

/** @returns 3 where a snapshot does not verify: the list is whole, and somebody has to look. */
export function rescueSnapshotsCommand(
  context: CommandContext,
  address: RescueAddress,
  { host }: { readonly host: string | undefined },
): Promise<number> {
  return withRescuedVault(address, async ({ vault, snapshots }) => {
    const found = ofHost(await snapshots.read(await snapshots.names()), host).toSorted(oldestFirst)
    const rows = found.map((stored) => ({
      stored,
      shown: stored.body === null ? null : asSnapshot(vault, { ...stored, body: stored.body }),
    }))
    const bad = found.filter(({ problem }) => problem !== null)
    print(
      context,
      rows.map(({ stored, shown }) => document(stored, shown)),
      () => (rows.length === 0 ? ['There are no snapshots in this vault.'] : table(rows.flatMap(({ shown }) => shown ?? []))),
    )
    tellProblems(context, bad)
    return bad.length === 0 ? 0 : warningStatus
  })
}

const table = (readable: readonly Snapshot[]): string[] => (readable.length === 0 ? [] : snapshotTable(readable))

/** As for a hub's, and what is wrong with it where something is. Of one that does not open, nothing else is known. */
function document({ id, createdAtMs, problem }: StoredSnapshot, shown: Snapshot | null): Record<string, unknown> {
  const unknown = { id, createdAt: createdAtMs, status: null, host: null, plan: null, files: null, bytes: null }
  const known = shown === null ? unknown : snapshotDocument(shown)
  return problem === null ? known : { ...known, problem: { code: problem.code, message: problem.message } }
}

function tellProblems({ terminal }: CommandContext, bad: readonly StoredSnapshot[]): void {
  if (bad.length === 0) return
  const lines = bad.flatMap((stored) => (stored.problem === null ? [] : [`  ${problemLine(stored, stored.problem)}`]))
  terminal.err(`${terminal.paint.warn(`${formatCounted(bad.length, 'snapshot does', 'snapshots do')} not verify:`)}\n${lines.join('\n')}\n`)
}

/** One of no known time comes last. */
const oldestFirst = (left: StoredSnapshot, right: StoredSnapshot): number =>
  (left.createdAtMs ?? Infinity) - (right.createdAtMs ?? Infinity) || left.seq - right.seq || (left.id < right.id ? -1 : 1)
