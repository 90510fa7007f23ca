import type { HubPort } from './hub-port.ts'
import { RunVoice } from './run-voice.ts'
import type { RunOrder } from './worker-messages.ts'

/** What every kind of run has in its worker: the order, the way to the hub, and a mouth. */
export class RunContext extends RunVoice {
  readonly order: RunOrder
  readonly hub: HubPort
  readonly startedAtMs = Date.now()

  constructor(order: RunOrder, hub: HubPort) {
    super(hub)
    this.order = order
    this.hub = hub
  }
}
