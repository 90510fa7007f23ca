import type { RebuiltVault } from '../features/vaults/index.ts'

const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** What a rebuild tells a person. */
export const rebuildLines = (vaults: readonly RebuiltVault[], durationMs: number): string[] => [
  ...vaults.flatMap(linesOf),
  `Done in ${(durationMs / 1000).toFixed(1)} s. Start the hub with \`holdfast-hub start\`.`,
]

function linesOf(vault: RebuiltVault): string[] {
  const mebibytes = Math.ceil(vault.bytesStored / 2 ** 20).toLocaleString('en')
  const damaged = vault.damagedPacks + vault.damagedSnapshots
  const gone = vault.packsGone + vault.snapshotsGone
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
          `The database knew of ${counted(vault.packsGone, 'pack')} and ${counted(vault.snapshotsGone, 'snapshot')}` +
            `${vault.heldGone === 0 ? '' : ` (${counted(vault.heldGone, 'of them on hold', 'of them on hold')})`} that the store does not have.`,
        ]),
  ]
}
