import type { RunRequest, WirePath } from '@holdfast/shared-types'
import { createHash } from 'node:crypto'

/*
 * What two runs of one device must not work on at the same time: the same sources share a catalogue, the same target its files. The
 * agent draws the same line (agent/src/runs/run-key.ts), so an offer is not declined for a reason the hub could have known.
 */

/** Raw bytes: no two paths share them, however their text looks. */
const pathBytes = (path: WirePath): string => path.pathBase64 ?? Buffer.from(path.path, 'utf8').toString('base64')

function parts(request: RunRequest): readonly string[] {
  switch (request.kind) {
    case 'backup':
      return [request.vaultId, ...request.sources.map(pathBytes).toSorted()]
    case 'restore':
      // No path is empty: that is where things were.
      return [request.target === null ? '' : pathBytes(request.target)]
    case 'verify':
      return [request.snapshotId]
  }
}

/** The same for the same work, in whatever order its sources were named. */
export const sourceKeyOf = (request: RunRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([request.kind, ...parts(request)]))
    .digest('base64url')
