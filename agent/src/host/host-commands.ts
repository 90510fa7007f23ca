import type { WirePath } from '@holdfast/shared-types'
import type { CommandHandlers } from '../hub-connection/command-gate.ts'
import { wirePathBytes } from '../runs/wire-path-bytes.ts'
import type { FolderReader } from './folder-reader.ts'
import type { Measurements } from './measurements.ts'

export interface HostParts {
  readonly folders: FolderReader
  readonly measurements: Measurements
  /** Absolute paths of what belongs to Holdfast. */
  readonly ownPlaces: readonly string[]
}

type HostCommands = Pick<CommandHandlers, 'host.list' | 'host.measure' | 'host.stop-measuring'>

/** What people see of this device, live. */
export const hostCommands = ({ folders, measurements, ownPlaces }: HostParts): HostCommands => ({
  'host.list': ({ path, after, limit }) => folders.list({ path: bytesOf(path), after, limit, ownPlaces }),
  'host.measure': ({ measurementId, request }) => {
    measurements.start(measurementId, request)
    return Promise.resolve({})
  },
  'host.stop-measuring': ({ measurementId }) => Promise.resolve({ known: measurements.stop(measurementId) }),
})

const bytesOf = (path: WirePath | null): Uint8Array | null => (path === null ? null : wirePathBytes(path))
