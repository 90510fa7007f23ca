import type { agentReports, BodyOf, hubCommands, HostPage } from '@holdfast/shared-types'
import { wirePathBytes } from '../runs/wire-path-bytes.ts'
import { FolderReader } from './folder-reader.ts'
import { Measurements } from './measurements.ts'

export interface LiveHostOptions {
  /** Absolute paths of what belongs to Holdfast. */
  readonly ownPlaces: readonly string[]
  /** Tells the hub, once. @throws when it could not, or may not, be told */
  readonly tell: (report: BodyOf<typeof agentReports, 'host.measured'>) => Promise<{ readonly goOn: boolean }>
}

type Body<T extends keyof typeof hubCommands> = BodyOf<typeof hubCommands, T>

/** What people see of this device, live. */
export class LiveHost {
  readonly #ownPlaces: readonly string[]
  readonly #folders = new FolderReader()
  readonly #measurements: Measurements

  constructor(options: LiveHostOptions) {
    this.#ownPlaces = options.ownPlaces
    this.#measurements = new Measurements(options)
  }

  list({ path, after, limit }: Body<'host.list'>): Promise<HostPage> {
    return this.#folders.list({ path: path === null ? null : wirePathBytes(path), after, limit, ownPlaces: this.#ownPlaces })
  }

  measure({ measurementId, request }: Body<'host.measure'>): Record<string, never> {
    this.#measurements.start(measurementId, request)
    return {}
  }

  stopMeasuring({ measurementId }: Body<'host.stop-measuring'>): { known: boolean } {
    return { known: this.#measurements.stop(measurementId) }
  }

  /** Nobody hears what is counted now. */
  linkLost(): void {
    this.#measurements.stopAll()
  }

  close(): void {
    this.#measurements.stopAll()
    this.#folders.close()
  }
}
