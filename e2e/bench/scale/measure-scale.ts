import { join } from 'node:path'
import { fileSystemOf } from '../file-system.ts'
import { scaleName, type Browsing, type ScaleSetName } from '../figures.ts'
import { beginHoldfast, holdfastTool } from '../holdfast.ts'
import { measureRounds } from '../measure-rounds.ts'
import { settleMs, type Measured } from '../measure-set.ts'
import type { Tool } from '../tool.ts'
import { makeWorkFolder } from '../work-folder.ts'
import { emptyCaches } from './empty-caches.ts'
import { measureBrowsing } from './measure-browsing.ts'
import { ScaleTree } from './scale-tree.ts'

export interface ScaleToMeasure {
  /** Files, ascending. */
  readonly sizes: readonly number[]
  /** Null = the usual one. */
  readonly workFolder: string | null
  readonly isRestoreCompared: boolean
  readonly signal: AbortSignal
  readonly tell: (line: string) => void
}

/** Holdfast alone with more and more of the same files: what grows with their number, and whether it grows as they do. */
export async function measureScale(
  { sizes, workFolder, isRestoreCompared, signal, tell }: ScaleToMeasure,
  measured: Measured,
): Promise<void> {
  const need = needOf(Math.max(...sizes))
  tell(
    `${scaleName}: up to ${Math.ceil(need.neededBytes / 2 ** 30)} GiB and ${need.neededFiles.toLocaleString('en')} files will lie on the disk`,
  )
  const work = makeWorkFolder({ folder: workFolder, place: 'disk', ...need })
  const removeAtExit = (): void => work.remove()
  process.once('exit', removeAtExit)
  try {
    const fileSystem = fileSystemOf(work.path)
    measured.fileSystems.add(fileSystem)
    const tree = new ScaleTree(join(work.path, scaleName), Math.min(...sizes))
    for (const size of sizes) {
      const set: ScaleSetName = `${scaleName}-${size}`
      tell(`${set}: making the data …`)
      await tree.growTo(size, signal)
      const areCachesEmptied = await emptyCaches(signal)
      const origin = `words in hex, from a fixed seed, ${tree.wideFiles.toLocaleString('en')} of the files in one folder; ${cacheWords(areCachesEmptied)}`
      measured.dataSets.push({ name: set, origin, fileSystem, files: tree.files, bytes: tree.bytes })
      const keep = (browsing: Omit<Browsing, 'set'>): void => {
        measured.browsing.push({ set, ...browsing })
        tell(`${set}: folders were opened; its store is checked …`)
      }
      const samples = await measureRounds({
        set,
        source: tree.folder,
        workFolder: work.path,
        tools: [browsedTool(tree, keep)],
        rounds: 1,
        signal,
        tell,
        settleMs,
        isRestoreCompared,
        steps: ['first', 'unchanged', 'restore'],
        prepare: async (stop) => void (await emptyCaches(stop)),
      })
      measured.samples.push(...samples)
    }
  } finally {
    work.remove()
    process.off('exit', removeAtExit)
  }
}

const cacheWords = (areEmptied: boolean): string =>
  areEmptied
    ? 'read from the disk, the kernel’s caches emptied before each step'
    : 'the kernel’s caches could not be emptied (only root may), so compare sizes only where memory holds both or neither'

/** Holdfast whose snapshot is looked through after the last step, and before its store is checked. */
function browsedTool(tree: ScaleTree, keep: (browsing: Omit<Browsing, 'set'>) => void): Tool {
  return {
    ...holdfastTool,
    async begin(folder) {
      // One person who opens hundreds of folders in seconds would be slowed down.
      const round = await beginHoldfast({ parentFolder: folder, hubEnv: { HOLDFAST_RATE_LIMIT: '0' } })
      return {
        ...round,
        async check(signal) {
          keep(await measureBrowsing(round.stack, tree, signal))
          await round.check(signal)
        },
      }
    },
  }
}

/**
 * The tree and a restored one, with a block of 4 KiB and its inode for each file, a store (seen: 1.3 GB for a million files), what hub and agent keep of
 * them, and some air.
 */
const needOf = (files: number): { readonly neededBytes: number; readonly neededFiles: number } => ({
  neededBytes: files * (2 * 4608 + 3072) + 2 ** 30,
  neededFiles: Math.ceil(files * 2.01) + 10_000,
})
