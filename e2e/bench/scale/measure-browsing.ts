import { fileURLToPath } from 'node:url'
import { HubDoor } from '../../stack/hub-door.ts'
import type { Stack } from '../../stack/start-stack.ts'
import type { Browsing, Visits } from '../figures.ts'
import { servantsOf } from '../holdfast.ts'
import { measureCommand } from '../measure-command.ts'
import type { BrowseJob } from './browse-folders.ts'
import { emptyCaches } from './empty-caches.ts'
import { wideFolderName, type ScaleTree } from './scale-tree.ts'

const program = fileURLToPath(new URL('./browse-folders.ts', import.meta.url))

/**
 * Opens folders of the newest snapshot. The hub is started anew before and the kernel has forgotten the store, so that what is opened for the first time
 * comes from the disk, as on the morning after.
 */
export async function measureBrowsing(stack: Stack, tree: ScaleTree, signal: AbortSignal): Promise<Omit<Browsing, 'set'>> {
  // Before the hub ends: its next start makes another link.
  const door = await HubDoor.signIn(stack.origin, stack.signInLink)
  await stack.hub().stop()
  await emptyCaches(signal)
  const startedMs = performance.now()
  await stack.startHub()
  const hubStartSeconds = (performance.now() - startedMs) / 1000
  const { id: snapshotId } = await door.get<{ id: string }>('/snapshots/latest')
  const job: BrowseJob = {
    origin: stack.origin,
    snapshotId,
    source: tree.folder,
    folders: tree.folders,
    wideName: wideFolderName,
    wideFiles: tree.wideFiles,
  }
  const command = { file: process.execPath, args: [program, JSON.stringify(job)], env: { BENCH_COOKIE: door.cookie } }
  const { stdout, parts } = await measureCommand('browser', command, await servantsOf(stack), signal)
  return { hubStartSeconds, visits: JSON.parse(stdout) as Visits[], parts }
}
