import { z } from 'zod'
import { VaultId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs } from '../primitives/wire-path.ts'

export const Vault = z
  .object({
    id: VaultId,
    name: z.string(),
    kind: z.enum(['managed', 'private']),
    createdAtMs: TimeMs,
    storeKind: z.enum(['directory', 's3']),
    packs: Count,
    bytesStored: ByteCount,
    snapshots: Count,
    /** False = the only other key lies next to the vault: say so wherever the vault is shown. */
    recoveryKeyExported: z.boolean(),
  })
  .meta({ id: 'Vault', description: 'Where backups are kept' })
export type Vault = z.infer<typeof Vault>
