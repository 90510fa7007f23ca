import { createHash } from 'node:crypto'
import { readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { openCatalogue, type Catalogue, type CatalogueIdentity } from '@holdfast/engine/archiver'
import { toHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import type { BackupRequest } from '@holdfast/shared-types'
import type { RunContext } from './run-context.ts'
import { runKeyOf } from './run-key.ts'

/** Catalogues of sources that nobody backs up any more go: the newest so many stay. */
const keptCatalogues = 24

/**
 * What the engine writes a catalogue as, until its snapshot is committed. A run of other sources may be at it, and write to it once in hours; or it is
 * written, and its commit waits for a store without room, for a day at most.
 */
const pendingEnding = '.catalogue.new'
const oldestPendingMs = 48 * 60 * 60 * 1000

/** Where the catalogue of these sources lies. */
export const cataloguePath = (context: RunContext, request: BackupRequest): string =>
  join(context.order.catalogueFolder, `${createHash('sha256').update(runKeyOf(request)).digest('hex').slice(0, 32)}.catalogue`)

const scratchEnding = '.scratch'

/** Where a backup with that catalogue puts what would take memory. It has that name for a moment only, unless the system keeps names of open files. */
export const scratchPath = (path: string): string => `${path}${scratchEnding}`

/** What the last backup of these sources knew, if its snapshot is certainly still there; null reads everything. */
export function openKnownFiles(
  context: RunContext,
  path: string,
  identity: CatalogueIdentity,
  usable: readonly string[],
): Catalogue | null {
  let catalogue: Catalogue | null
  try {
    catalogue = openCatalogue(path, identity)
  } catch (error) {
    if (!isEngineError(error, 'catalogue.damaged')) throw error
    context.log('catalogue.damaged', 'What the last backup knew cannot be used; all files are read again.', 'warn')
    return null
  }
  if (catalogue === null || usable.includes(toHex(catalogue.snapshotId))) return catalogue
  catalogue.close()
  context.log('catalogue.outdated', 'The last snapshot of these sources is not in the vault any more; all files are read again.')
  return null
}

/** Removes catalogues of long unused sources, and what crashed runs left. Never fails a backup. */
export function pruneCatalogues(folder: string): void {
  try {
    const names = readdirSync(folder)
    // One that a run beside this one writes has no name any more.
    for (const name of names) if (name.endsWith(scratchEnding)) rmSync(join(folder, name), { force: true })
    const open = openNames()
    const newestMs = Date.now() - oldestPendingMs
    for (const name of names) {
      if (!name.endsWith(pendingEnding) || open?.has(name) !== false) continue
      const path = join(folder, name)
      if (statSync(path).mtimeMs < newestMs) rmSync(path, { force: true })
    }
    const byAge = names
      .filter((name) => name.endsWith('.catalogue'))
      .map((name) => join(folder, name))
      .toSorted((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)
    for (const path of byAge.slice(keptCatalogues)) rmSync(path, { force: true })
  } catch {
    // Housekeeping only: the next backup tries again.
  }
}

/** Of the files that this process has open, all its threads together; null where the system does not tell. */
function openNames(): ReadonlySet<string> | null {
  if (process.platform !== 'linux') return null
  const nameOf = (fd: string): string => {
    try {
      return basename(readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      // Closed since.
      return ''
    }
  }
  return new Set(readdirSync('/proc/self/fd').map(nameOf))
}
