import type { VaultCollection } from '@holdfast/shared-types'
import type { CliContext } from './cli-context.ts'
import { parseVaultOption } from './vault-id-option.ts'
import { withAdmin } from './with-admin.ts'

export interface GcOptions {
  /** Null = the default vault. */
  readonly vault: string | null
  /** Also where more than a fifth of the vault would go. */
  readonly isLargeApproved: boolean
  /** Keys of objects that cannot be read: they go for good. */
  readonly givesUp: readonly string[]
}

/** What waits for a person's word: the command did what it may by itself. */
const approvalNeededStatus = 3
/** The second one removes what the first one moved out of half-empty packs. */
const mostCollections = 2

/** @returns the exit status */
export async function gcCommand(context: CliContext, { vault, isLargeApproved, givesUp }: GcOptions): Promise<number> {
  const vaultId = parseVaultOption(vault)
  const stories = await withAdmin(context, async (admin) => {
    const all: VaultCollection[] = []
    for (let left = mostCollections; left > 0; left--) {
      // What was given up with the first one is gone.
      const story = await admin.gc({ vaultId, isLargeApproved, givesUp: all.length === 0 ? [...givesUp] : [] })
      all.push(story)
      if (story.bytesMoved === 0) break
    }
    return all
  })
  const total = totalOf(stories)
  context.answer(total, [...givesUp.map((key) => `Given up, and removed for good: ${key}`), ...gcLines(total)])
  return total.state === 'approval-needed' ? approvalNeededStatus : 0
}

export interface GcTotal {
  readonly state: VaultCollection['state']
  readonly snapshotsRemoved: number
  readonly packsRemoved: number
  readonly bytesRemoved: number
  readonly bytesMoved: number
  /** What it would free, where it waits for a word. */
  readonly bytesFound: number
  readonly percentFound: number
  readonly durationMs: number
}

function totalOf(stories: readonly VaultCollection[]): GcTotal {
  const sum = (of: (story: VaultCollection) => number): number => stories.reduce((total, story) => total + of(story), 0)
  const last = stories.at(-1)
  return {
    state: stories.find(({ state }) => state === 'approval-needed')?.state ?? last?.state ?? 'done',
    snapshotsRemoved: sum((story) => story.snapshotsRemoved),
    packsRemoved: sum((story) => story.packsRemoved),
    bytesRemoved: sum((story) => story.bytesRemoved),
    bytesMoved: sum((story) => story.bytesMoved),
    bytesFound: last?.bytesFound ?? 0,
    percentFound: last?.percentFound ?? 0,
    durationMs: sum(({ startedAtMs, endedAtMs }) => (endedAtMs ?? startedAtMs) - startedAtMs),
  }
}

function gcLines(total: GcTotal): string[] {
  if (total.state === 'approval-needed')
    return [
      `Nothing was removed: ${total.percentFound} % of the vault (${sizeOf(total.bytesFound)}) would go, which is more than a collection removes by itself.`,
      'If that is what you want, run it again with --approve-large. Deleted snapshots can still be had back in the console.',
    ]
  if (total.packsRemoved === 0 && total.snapshotsRemoved === 0 && total.bytesMoved === 0) return ['There is nothing to remove.']
  const moved = total.bytesMoved === 0 ? '' : `; ${sizeOf(total.bytesMoved)} were moved out of packs that were mostly garbage`
  return [
    `Removed ${counted(total.snapshotsRemoved, 'snapshot')} and ${counted(total.packsRemoved, 'pack')}, ${sizeOf(total.bytesRemoved)}${moved}.`,
  ]
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
function sizeOf(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}
