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
    /** Newest committed snapshot, by the hub's clock. */
    lastSnapshotAtMs: TimeMs.nullable(),
    lastRunStatus: z.string().nullable(),
    /** Not null = it was cut off for good; its snapshots stay. Absent from hubs that could not do so. */
    revokedAtMs: TimeMs.nullable().optional(),
    /** In the order in which they were given. None from hubs that knew none. */
    tags: z.array(z.string()).default([]),
  })
  .meta({ id: 'Device', description: 'A host with an enrolled agent' })
export type Device = z.infer<typeof Device>
