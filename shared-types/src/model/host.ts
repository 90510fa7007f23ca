import { z } from 'zod'
import { AgentId, MeasurementId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs, WirePath } from '../primitives/wire-path.ts'
import { backupExclusions, LeftOut, RunError } from './run.ts'
import { EntryType } from './snapshot.ts'

/** What the disk of a device holds at one place, just now. */
export const HostEntry = z
  .object({
    /** For people: U+FFFD where it is not UTF-8. The whole path where the roots are listed. */
    name: z.string(),
    /** The raw bytes, present exactly when `name` is not the whole truth. */
    nameBase64: z.base64().optional(),
    /** `error`: it was listed and could not be looked at. */
    type: EntryType,
    /** Of a file; 0 for everything else. */
    size: ByteCount,
    mtimeMs: TimeMs.nullable(),
    /** Whether the agent may read it, or list it; null where that was not asked: a network share may not answer. */
    readable: z.boolean().nullable(),
    /** Another file system begins here. */
    otherFileSystem: z.boolean(),
    symlinkTarget: z.string().nullable(),
    /** A place of Holdfast itself, which no backup holds. */
    own: z.boolean(),
  })
  .meta({ id: 'HostEntry', description: 'One entry of a folder on a device' })
export type HostEntry = z.infer<typeof HostEntry>

/** Where a listing goes on: given back as it was. Goes by name, so that entries that come or go between two pages shift nothing. */
export const HostCursor = z.string().regex(/^[fe]\.[A-Za-z0-9_-]{1,400}$/, 'the `next` of the answer before')

/** A part of a folder: folders first, then everything else, each by raw name bytes. */
export const HostPage = z
  .object({
    /** The folder; null for the roots of the device. */
    folder: WirePath.nullable(),
    /** What stands between a folder and a name on this device. */
    separator: z.enum(['/', '\\']),
    items: z.array(HostEntry),
    /** All entries of the folder, when it was read for this part. */
    total: Count,
    /** Ask again with it as `after`; null = this was the last part. */
    next: HostCursor.nullable(),
  })
  .meta({ id: 'HostPage' })
export type HostPage = z.infer<typeof HostPage>

/** What to count: as an order of a backup says it. */
export const MeasurementRequest = z.strictObject({ sources: z.array(WirePath).min(1).max(1000), ...backupExclusions })
export type MeasurementRequest = z.infer<typeof MeasurementRequest>

/** Something that a rule leaves out, and how large it is. */
export const LeftOutEntry = z.object({
  path: z.string(),
  pathBase64: z.base64().optional(),
  type: z.enum(['file', 'folder']),
  files: Count,
  bytes: ByteCount,
  /** False: it was not counted to its end, and is larger. */
  isWhole: z.boolean(),
})
export type LeftOutEntry = z.infer<typeof LeftOutEntry>

/** Figures so far: the newest sample says all, and losing one costs nothing. */
export const MeasurementSample = z.object({
  /** `sizing`: the sources are counted; now the largest of what rules leave out are. */
  phase: z.enum(['counting', 'sizing', 'done']),
  files: Count,
  folders: Count,
  bytes: ByteCount,
  leftOut: LeftOut,
  /** Entries that a backup could not read, sources that are not there. */
  problems: Count,
  /** The largest ones that rules leave out, largest first. */
  largestLeftOut: z.array(LeftOutEntry).max(10),
  elapsedMs: z.int().min(0),
})
export type MeasurementSample = z.infer<typeof MeasurementSample>

export const Measurement = z
  .object({
    id: MeasurementId,
    agentId: AgentId,
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    startedAtMs: TimeMs,
    /** Null until the device tells the first figures. */
    sample: MeasurementSample.nullable(),
    error: RunError.nullable(),
  })
  .meta({ id: 'Measurement', description: 'How large sources of a device are, counted while one looks' })
export type Measurement = z.infer<typeof Measurement>
