import { z } from 'zod'
import { AgentId, SnapshotId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs } from '../primitives/wire-path.ts'

/**
 * What the hub does by itself to keep a vault whole. `list`: what lies in the store is compared with what should. `scrub`: packs are read whole and compared with their
 * checksums, those first that were not for longest. `sample`: random segments are opened, and all ids in them computed again. `audit`: snapshots nobody has looked
 * through yet are. `damage`: what is lost is named, file by file. `healing`: devices that still have what is lost are asked to back it
 * up again. `collection`: what no snapshot needs any more is removed. `drills`: devices restore a sample.
 */
export const CareKind = z.enum(['list', 'scrub', 'sample', 'audit', 'damage', 'healing', 'collection', 'drills'])
export type CareKind = z.infer<typeof CareKind>

/** `damaged`: it came to its end and found something. `failed`: it could not be brought to its end. `interrupted`: the hub ended meanwhile; it begins again. */
export const CareState = z.enum(['running', 'done', 'damaged', 'failed', 'interrupted'])
export type CareState = z.infer<typeof CareState>

export const CareStory = z
  .object({
    kind: CareKind,
    state: CareState,
    /** Name of the person; null = by the clock, or because something was found. */
    startedBy: z.string().nullable(),
    startedAtMs: TimeMs,
    endedAtMs: TimeMs.nullable(),
    /** What was looked at, and what was found; what a kind does not count is 0. */
    counts: z.object({
      packs: Count,
      segments: Count,
      blobs: Count,
      snapshots: Count,
      bytes: ByteCount,
      /** Files and folders named; or runs ordered of devices. */
      named: Count,
      problems: Count,
    }),
    error: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  })
  .meta({ id: 'CareStory', description: 'One time that the hub looked after a vault' })
export type CareStory = z.infer<typeof CareStory>

export const VaultCare = z
  .object({
    works: z.array(
      z.object({
        kind: CareKind,
        /** The running or newest one; null = never. */
        last: CareStory.nullable(),
        /** By the clock; null = only when there is something to do. */
        nextAtMs: TimeMs.nullable(),
        /** It was asked for, and waits for its turn. */
        isWaiting: z.boolean(),
      }),
    ),
    /** IANA name of the zone that `nextAtMs` was planned in. */
    timeZone: z.string(),
    /** How much of the vault was read whole within the last `days`, and since when all of it was; null = not all yet. */
    scrubbed: z.object({
      days: z.int().min(1),
      packs: Count,
      packsTotal: Count,
      bytes: ByteCount,
      bytesTotal: ByteCount,
      allSinceMs: TimeMs.nullable(),
    }),
    damage: z.object({
      /** Packs that are not in the store. */
      packsLost: Count,
      /** Packs with damaged segments, and how many these are. */
      packsDamaged: Count,
      segmentsLost: Count,
      /** Snapshots that cannot be restored whole, and how many of their files and folders are named. */
      snapshots: Count,
      named: Count,
      /** False = the hub cannot read names of this vault: damage is counted by snapshots alone, and lists of folders are looked through by devices. */
      canBeNamed: z.boolean().default(true),
      /** There may be others: their list is too long, or is still being made. */
      hasMore: z.boolean(),
      /** Snapshots that could not, and can again: what was lost was sent again. */
      snapshotsHealed: Count,
    }),
  })
  .meta({ id: 'VaultCare', description: 'How a vault is looked after, and what is damaged' })
export type VaultCare = z.infer<typeof VaultCare>

/**
 * What becomes of something that is damaged. `healed`: it was sent again, and can be restored. `asked`: a device is asked to send it again. `waiting`: a device has it, and will be asked: its plan
 * is switched off, or the last try did not come to its end. `gone`: no device has it any more as it was, so that it stays lost.
 */
export const DamageHealing = z.enum(['healed', 'asked', 'waiting', 'gone'])
export type DamageHealing = z.infer<typeof DamageHealing>

/** Something of a snapshot that cannot be restored. */
export const DamagedPath = z
  .object({
    id: z.int().min(1),
    snapshotId: SnapshotId,
    agentId: AgentId,
    /** The device's name, or what the snapshot calls the host where the device was removed. */
    deviceName: z.string(),
    createdAtMs: TimeMs,
    path: z.string(),
    pathBase64: z.base64().optional(),
    /** A folder whose list is lost: nobody knows what is in it. */
    isFolder: z.boolean(),
    /** Null: nobody has looked yet. */
    healing: DamageHealing.nullable(),
  })
  .meta({ id: 'DamagedPath' })
export type DamagedPath = z.infer<typeof DamagedPath>
