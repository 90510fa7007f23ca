import type { RunRequest, WirePath } from '@holdfast/shared-types'

/** What two runs must not do at the same time: the same sources share a catalogue, the same target its files. */
export function runKeyOf(request: RunRequest): string {
  switch (request.kind) {
    case 'backup':
      return `backup ${request.vaultId} ${sourcesKey(request.sources)}`
    case 'restore':
      // No path is empty: that is where things were.
      return `restore ${request.target === null ? '' : pathKey(request.target)}`
    case 'verify':
      return `verify ${request.snapshotId}`
  }
}

/** The same for the same set of sources, in whatever order they were named. */
export const sourcesKey = (sources: readonly WirePath[]): string => sources.map(pathKey).toSorted().join(' ')

/** Raw bytes as base64: no two paths share it, and it holds no space. */
const pathKey = (path: WirePath): string => path.pathBase64 ?? Buffer.from(path.path, 'utf8').toString('base64')
