import type { DeviceLimits } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import type { HubClient } from '../hub-connection/hub-client.ts'

/** What this process may use of its machine and network, as the hub said last; it says so on each link before it offers a run. */
export class LimitsInForce {
  readonly #client: Pick<HubClient, 'limitUploads'>
  readonly #log: Logger
  #current: DeviceLimits = { uploadBytesPerSecond: null, isBackground: true }

  constructor(client: Pick<HubClient, 'limitUploads'>, log: Logger) {
    this.#client = client
    this.#log = log
  }

  get isBackground(): boolean {
    return this.#current.isBackground
  }

  /** The upload limit counts at once, also for what is being sent; the priority for runs that begin from now on. */
  set(limits: DeviceLimits): void {
    const { uploadBytesPerSecond, isBackground } = limits
    const before = this.#current
    this.#current = limits
    this.#client.limitUploads(uploadBytesPerSecond)
    if (before.uploadBytesPerSecond === uploadBytesPerSecond && before.isBackground === isBackground) return
    this.#log.info({ event: 'limits.changed', uploadBytesPerSecond, isBackground }, 'The hub set what this device may use')
  }
}
