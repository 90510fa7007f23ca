import { z } from 'zod'
import { AgentId, VaultId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs } from '../primitives/wire-path.ts'

/** Days, at most ten years; 0 = what is deleted is gone with the next collection. */
export const UndoDays = z.int().min(0).max(3650)

/** What the newest check that came to its end found wrong; a sound one takes it away, but one of lists does not what only reading finds. */
const VaultDamage = z.object({
  foundAtMs: TimeMs,
  /** Some of it only a check that reads every stored byte finds, or sees mended. */
  isDeep: z.boolean(),
  problemCount: Count,
})

/** `private`: the hub holds ciphertext alone; a passphrase or recovery words open it, where a person types them. */
export const VaultKind = z.enum(['managed', 'private'])
export type VaultKind = z.infer<typeof VaultKind>

export const Vault = z
  .object({
    id: VaultId,
    name: z.string(),
    kind: VaultKind,
    createdAtMs: TimeMs,
    storeKind: z.enum(['directory', 's3']),
    packs: Count,
    bytesStored: ByteCount,
    snapshots: Count,
    /** False = the only other key lies next to the vault: say so wherever the vault is shown. Private vaults have recovery words from the start. */
    recoveryKeyExported: z.boolean(),
    /** Null = no check that came to its end found any, or there was none. */
    damage: VaultDamage.nullable(),
    /** Rows whose object was missing when the hub started. */
    packsLost: Count,
    snapshotsLost: Count,
    /** Kept ones that cannot be restored whole: something of them is damaged or missing, and lies nowhere else. None from hubs that did not look. */
    snapshotsDamaged: Count.default(0),
  })
  .meta({ id: 'Vault', description: 'Where backups are kept' })
export type Vault = z.infer<typeof Vault>

/**
 * `marking`: it looks what is still needed. `waiting`: what it condemned is offered to nobody any more, and it waits for backups that may have been told
 * of it, or for snapshots to be looked through. `approval-needed`: it would remove more than it may by itself; nothing was condemned. `interrupted`: the hub
 * ended meanwhile, and the next one begins anew. `failed`: it could not go on, and nothing that is needed was touched.
 */
export const VaultCollectionState = z.enum([
  'marking',
  'waiting',
  'removing',
  'compacting',
  'approval-needed',
  'done',
  'failed',
  'interrupted',
])
export type VaultCollectionState = z.infer<typeof VaultCollectionState>

export const VaultCollection = z
  .object({
    state: VaultCollectionState,
    startedBy: z.string(),
    startedAtMs: TimeMs,
    endedAtMs: TimeMs.nullable(),
    /** While it waits: backups and restores that began before it condemned anything, snapshots nobody has looked through, and a check that reads the vault. */
    waitingFor: z.object({ backups: Count, restores: Count, audits: Count, checks: Count }).nullable(),
    /** Of the packs it wants to remove or to empty, and what they take that nobody needs. */
    packsFound: Count,
    bytesFound: ByteCount,
    /** Share of the vault's bytes that it would remove, in percent. */
    percentFound: z.number().min(0).max(100),
    snapshotsRemoved: Count,
    packsRemoved: Count,
    bytesRemoved: ByteCount,
    /** Copied out of packs that are mostly garbage; the next collection removes these. */
    bytesMoved: ByteCount,
    error: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  })
  .meta({ id: 'VaultCollection', description: 'Removing what no snapshot needs any more from a vault' })
export type VaultCollection = z.infer<typeof VaultCollection>

/** What a collection would do now. An estimate: what snapshots that nobody has looked through need without naming it is not in it. */
export const CollectionPreview = z
  .object({
    /** Deleted ones whose time to have them back is over. */
    snapshots: Count,
    /** As `VaultCollection` will say of itself. */
    packsFound: Count,
    bytesFound: ByteCount,
    percentFound: z.number().min(0).max(100),
    /** More than this share of a vault, in percent, goes only when a person says so. */
    mostPercent: z.number().min(0).max(100),
  })
  .meta({ id: 'CollectionPreview', description: 'What removing what no snapshot needs any more would do' })
export type CollectionPreview = z.infer<typeof CollectionPreview>

/** One thing that a check found wrong. */
const VaultProblem = z.object({ code: z.string(), object: z.string(), message: z.string() })

/** `interrupted`: the hub ended while it ran. `failed`: it could not be brought to its end, and says nothing of the vault. */
export const VaultCheckState = z.enum(['running', 'sound', 'damaged', 'failed', 'interrupted'])
export type VaultCheckState = z.infer<typeof VaultCheckState>

export const VaultCheck = z
  .object({
    state: VaultCheckState,
    /** Every stored byte was read and opened; otherwise checksums of footers, all lists of folders, and that every piece is there. */
    isDeep: z.boolean(),
    startedBy: z.string(),
    startedAtMs: TimeMs,
    endedAtMs: TimeMs.nullable(),
    /** Packs and snapshots looked at, of those there were at the start; null unless it runs. */
    progress: z.object({ done: Count, total: Count }).nullable(),
    packs: Count,
    snapshots: Count,
    problemCount: Count,
    /** The first 20. */
    problems: z.array(VaultProblem).max(20),
    /** Why it failed. */
    error: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  })
  .meta({ id: 'VaultCheck', description: 'A check of everything in a vault' })
export type VaultCheck = z.infer<typeof VaultCheck>

export const VaultDetails = Vault.extend({
  /** The newest key that a person confirmed to have kept. Older ones open the vault as well. */
  recoveryKey: z.object({ exportedAtMs: TimeMs, exportedBy: z.string().nullable() }).nullable(),
  store: z.object({
    /** Where it is on the hub's machine; null for who may not administer the hub. */
    place: z.string().nullable(),
    /** vault.json could be found just now. */
    isReachable: z.boolean(),
    /** What its disk has left for the hub; null where it does not tell, or not in time. */
    freeBytes: ByteCount.nullable(),
    /** So little is left that backups wait for room. A hub that is older than this does not say. */
    isLow: z.boolean().default(false),
  }),
  /** The newest; null = never. */
  lastCheck: VaultCheck.nullable(),
  /** The newest; null = never. */
  collection: VaultCollection.nullable(),
  /** Days in which deleted snapshots can be had back. */
  undoDays: UndoDays,
  /** Deleted ones that still can. */
  snapshotsDeleted: Count,
  /**
   * Snapshots and journals in the store that the hub cannot read or verify; `objects`: the first 20. While there is any, nothing is removed, for nobody knows what they need. `cure`: the next start
   * of the hub takes it on (`restart`), the hub is not permitted to read it (`rights`), a newer Holdfast wrote it (`newer`), it is to be brought back (`damaged`). A hub that is older than this does not say.
   */
  untaken: z
    .object({
      count: Count,
      objects: z
        .array(z.object({ object: z.string(), cure: z.enum(['restart', 'rights', 'newer', 'damaged']), message: z.string() }))
        .max(20),
    })
    .default({ count: 0, objects: [] }),
}).meta({ id: 'VaultDetails' })
export type VaultDetails = z.infer<typeof VaultDetails>

/**
 * What a vault holds and what that takes. All figures but `distinct` are of one moment, `countedAtMs`: some seconds ago, minutes where a vault has millions of packs. They count
 * what is usable: lost packs and snapshots do not.
 */
export const VaultUsage = z
  .object({
    vaultId: VaultId,
    countedAtMs: TimeMs,
    snapshots: Count,
    /** Sizes of all files of all snapshots: what copies of them would take. A sparse file counts with its holes. */
    bytesLogical: ByteCount,
    /** Sizes of all packs; snapshots' own objects and keys, some kilobytes each, are not in it. `bytesStored = bytesData + bytesMetadata`. */
    bytesStored: ByteCount,
    packs: Count,
    /** Packs of file content, and packs of folder lists. Both may hold what an interrupted backup left and no snapshot names. */
    bytesData: ByteCount,
    bytesMetadata: ByteCount,
    /**
     * File content with every repetition counted once, before compression; counted from the folder lists of the snapshots it names.
     * Deduplication = `logicalBytes / bytes`; compression, with folder lists and seals as its cost, = `bytes / bytesStored`.
     * Null until it was counted the first time since the hub started, and where it cannot be counted.
     */
    distinct: z.object({ bytes: ByteCount, logicalBytes: ByteCount, snapshots: Count, countedAtMs: TimeMs }).nullable(),
    /**
     * `counting`: newer snapshots than those of `distinct` are being counted. `failed`: a folder list could not be read; check the vault. `private`:
     * the hub cannot read folder lists of this vault, and never counts.
     */
    distinctState: z.enum(['current', 'counting', 'failed', 'private']),
    /** Largest newest snapshot first; the first 1,000. */
    devices: z.array(
      z.object({
        agentId: AgentId,
        /** Its name, or what its newest snapshot calls the host where the device was removed. */
        name: z.string(),
        snapshots: Count,
        /** Figures are null where nobody has stated them (see `Snapshot`). */
        newest: z.object({ bytes: ByteCount.nullable(), files: Count.nullable(), createdAtMs: TimeMs }),
        /** As `bytesLogical`, of its own snapshots. */
        bytesLogical: ByteCount,
        /**
         * Packs that this device was the first to send. What another device had sent before costs it nothing; what it sent stays, shared,
         * even if only others need it now.
         */
        bytesSent: ByteCount,
      }),
    ),
    deviceCount: Count,
    /** Packs whose sender is not known: found in the store when the database was made again from it. */
    bytesOfUnknown: ByteCount,
    /**
     * `bytesStored` at the end of each day (UTC), oldest first: at most the last 366 days, with the day of the first pack as the earliest.
     * By when the hub took a pack on: after a loss of its database everything older appears on the day it was taken on again.
     */
    days: z.array(z.object({ day: z.iso.date(), bytesStored: ByteCount })),
  })
  .meta({ id: 'VaultUsage', description: 'What a vault holds, and what that takes' })
export type VaultUsage = z.infer<typeof VaultUsage>

/**
 * What is wrong with words that do not open a vault: there are not 24 in a row (`count`), one is not of the list (`word`), they are of the
 * list but were mistyped or put in another order (`order`), or they are a true key of something else (`other-vault`).
 */
export const RecoveryKeyProblem = z.enum(['count', 'word', 'order', 'other-vault'])
export type RecoveryKeyProblem = z.infer<typeof RecoveryKeyProblem>
