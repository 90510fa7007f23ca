import type { RebuiltHub, RestoredHub } from '../features/self-backups/index.ts'
import type { RebuiltVault } from '../features/vaults/index.ts'

const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** What a rebuild tells a person. */
export const rebuildLines = ({ vaults, devices }: Pick<RebuiltHub, 'vaults' | 'devices'>, durationMs: number): string[] => [
  ...vaults.flatMap(linesOf),
  ...(devices.added === 0
    ? []
    : [`${counted(devices.added, 'device')} came back by what the vault knows of ${devices.added === 1 ? 'it' : 'them'}.`]),
  ...(devices.revoked === 0
    ? []
    : [`${counted(devices.revoked, 'device')} had been revoked, and ${devices.revoked === 1 ? 'is' : 'are'} so again.`]),
  `Done in ${(durationMs / 1000).toFixed(1)} s. Start the hub with \`holdfast-hub start\`.`,
]

/** What was put back, from when, and what a person has to look at. */
export function restoredLines({ selfBackup, rows, ended, missingVaults }: RestoredHub): string[] {
  const of = (table: string): number => rows[table] ?? 0
  const at = new Date(selfBackup.createdAtMs).toISOString()
  return [
    `Put back from the self-backup of ${at} (${selfBackup.id}, Holdfast ${selfBackup.hubVersion}): ` +
      `${counted(of('user_account'), 'person', 'people')}, ${counted(of('agent'), 'device')}, ${counted(of('plan'), 'plan')}, ` +
      `${counted(of('run'), 'run')} and ${counted(of('audit_entry'), 'line')} of the audit log.`,
    'What was changed after that has to be done again. Look at people (disabled ones, roles, passwords) and devices first.',
    ...(ended.apiTokens === 0
      ? []
      : [`${counted(ended.apiTokens, 'API token')} ended, for nobody knows which were revoked since: make new ones.`]),
    ...(ended.enrolmentTokens === 0 ? [] : [`${counted(ended.enrolmentTokens, 'enrolment token')} that nobody had used ended as well.`]),
    ...missingVaults.map(
      (vaultId) => `The store does not have vault ${vaultId}, which the self-backup knows: the hub does not start without it.`,
    ),
  ]
}

function linesOf(vault: RebuiltVault): string[] {
  const mebibytes = Math.ceil(vault.bytesStored / 2 ** 20).toLocaleString('en')
  const damaged = vault.damagedPacks + vault.damagedSnapshots
  const gone = vault.packsGone + vault.snapshotsGone
  const held = vault.heldGone === 0 ? '' : ` (${counted(vault.heldGone, 'of them on hold', 'of them on hold')})`
  return [
    `Vault ${vault.vaultId}: ${counted(vault.snapshots, 'snapshot')} and ${counted(vault.packs, 'pack')} (${mebibytes} MiB) were read from the store.`,
    ...(vault.held + vault.deleted === 0
      ? []
      : [`${counted(vault.held, 'snapshot')} on hold and ${counted(vault.deleted, 'deleted one')} are so as before.`]),
    ...(damaged === 0
      ? []
      : [
          `${counted(damaged, 'object')} (${counted(vault.damagedPacks, 'pack')}, ${counted(vault.damagedSnapshots, 'snapshot')}) could not be read and lie where they lay: ` +
            'the log names them, `holdfast-hub fsck` says what is wrong with them.',
        ]),
    ...(gone === 0
      ? []
      : [
          `${counted(vault.packsGone, 'pack')} and ${counted(vault.snapshotsGone, 'snapshot')}${held} were known, and the store does not have them.`,
        ]),
  ]
}
