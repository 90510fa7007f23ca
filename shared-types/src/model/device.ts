import { z } from 'zod'
import { AgentId, DomainId, VaultId } from '../primitives/ids.ts'
import { TimeMs } from '../primitives/wire-path.ts'

/** What a host says of itself; part of the frozen hello. */
export const HostFacts = z.object({
  hostname: z.string().min(1).max(255),
  os: z.enum(['linux', 'windows', 'macos']),
  osVersion: z.string().max(200),
  arch: z.string().max(40),
  /** Seconds east of UTC are not enough for plans: the IANA name. */
  timeZone: z.string().max(80),
  cpuCount: z.int().min(1),
  memoryBytes: z.int().min(0),
})
export type HostFacts = z.infer<typeof HostFacts>

/**
 * A word by which devices are found and grouped: letters and digits first, then also spaces and `. _ : / + @ & # -`. A comma stands
 * between tags wherever they are written in a line, so no tag has one.
 */
export const DeviceTag = z
  .string()
  .normalize()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._:/+@&#-]*$/u)
const areDistinct = (tags: readonly string[]): boolean => new Set(tags.map((tag) => tag.toLowerCase())).size === tags.length
export const DeviceTags = z.array(DeviceTag).max(20).refine(areDistinct, 'Two tags are the same but for their case.')

/** Below this a pack of 16 MiB takes more than 20 minutes, and a cut connection costs more than the line can carry. */
export const leastUploadBytesPerSecond = 16 * 1024
/** Beyond any network, and exact in every number on the way. */
const mostUploadBytesPerSecond = 2 ** 40
const uploadMistake = 'At least 16,384 bytes a second (16 KiB/s), or null for no limit'

/** What the agent of a device may use of its machine and network. A newer side may know more limits. */
export const DeviceLimits = z.object({
  /** What all backups of the device together send, in bytes a second; in no second more than 110 % of it. Null = no limit. */
  uploadBytesPerSecond: z.int(uploadMistake).min(leastUploadBytesPerSecond, uploadMistake).max(mostUploadBytesPerSecond).nullable(),
  /** Backups and verifications give way to everything else that wants the processor. Heeded by each run that begins after it was said. */
  isBackground: z.boolean(),
})
export type DeviceLimits = z.infer<typeof DeviceLimits>

/** A change of them: what is left out stays. */
export const DeviceLimitsChange = z
  .strictObject(DeviceLimits.shape)
  .partial()
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'Say which limit is to change')

export const Device = z
  .object({
    id: AgentId,
    name: z.string(),
    host: HostFacts,
    version: z.string(),
    online: z.boolean(),
    lastSeenAtMs: TimeMs.nullable(),
    enrolledAtMs: TimeMs,
    vaultId: VaultId,
    domainId: DomainId,
    /** Its vault is private, and nobody has given it the keys yet: no run begins until somebody who can open the vault lets it in. */
    waitsForKeys: z.boolean().default(false),
    /** Newest committed snapshot, by the hub's clock. */
    lastSnapshotAtMs: TimeMs.nullable(),
    /** When it last restored a sample, or read back a whole snapshot, and found nothing wrong; absent from hubs that asked nobody. */
    lastProvedAtMs: TimeMs.nullable().optional(),
    lastRunStatus: z.string().nullable(),
    /** Not null = it was cut off for good; its snapshots stay. Absent from hubs that could not do so. */
    revokedAtMs: TimeMs.nullable().optional(),
    /** In the order in which they were given. None from hubs that knew none. */
    tags: z.array(z.string()).default([]),
    /** Absent from hubs that knew none. */
    limits: DeviceLimits.optional(),
  })
  .meta({ id: 'Device', description: 'A host with an enrolled agent' })
export type Device = z.infer<typeof Device>
