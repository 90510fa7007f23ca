export { isLastingPassphrase, leastPassphraseCharacters, strengthOf } from '@holdfast/engine/unlock'
export {
  fingerprintOfDevice,
  isSameFingerprint,
  makePrivateVault,
  makeWords,
  openAsPerson,
  type PersonsVault,
} from './keys/a-persons-keys.ts'
export { createVaults, type Vaults } from './create-vaults.ts'
export type { VaultsDoors } from './vaults-state.ts'
export type { AgentKeys } from './keys/register-agent-keys.ts'
export type { AgentsDoor as VaultAgentsDoor, HealersDoor as VaultHealersDoor, RunsDoor as VaultRunsDoor } from './doors/doors.ts'
export { useRecoveryWords, type OpenedByWords } from './keys/use-recovery-words.ts'
export { openOfflineVaults, vaultsToRebuild, type OfflineVaults, type OfflineVaultsDeps } from './rebuilding/offline-vaults.ts'
export type { SelfBackupShelf, StoredSelfBackup } from './self-backups/self-backup-shelf.ts'
export { newestSnapshots, originOf } from './tables/snapshots.queries.ts'
export { standardUndoDays } from './tables/vault.entity.ts'
export type { RebuildProgress, RebuiltVault } from './rebuilding/rebuild-vault.ts'
export { VaultFolders } from './opening/vault-folders.ts'
export { requireOpened, type OpenedSnapshot } from './contents/snapshot-record.ts'
export type { SnapshotTree } from './reading/snapshot-tree.ts'
export { vaultEntities } from './tables/database-tables.ts'
export type { SnapshotFilter, SnapshotRecord } from './tables/snapshots.queries.ts'
