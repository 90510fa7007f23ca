import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { pendingPathOf } from './catalogue-writer.ts'

/**
 * Puts the catalogue of a finished backup in the place of the last one, durably.
 *
 * Only after the hub has committed the snapshot: a catalogue of a snapshot that does not exist would claim blobs that nothing holds.
 */
export function commitCatalogue(cataloguePath: string): void {
  renameSync(pendingPathOf(cataloguePath), cataloguePath)
  const folder = openSync(dirname(cataloguePath), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
