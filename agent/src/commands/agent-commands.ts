import type { DeviceLimits } from '@holdfast/shared-types'
import type { HostDoor } from '../host/host-commands.ts'
import type { CommandHandlers } from '../hub-connection/command-gate.ts'
import type { RunDesk } from '../runs/run-desk.ts'

/** What this device does when the hub asks. */
export const agentCommands = (desk: RunDesk, host: HostDoor, setLimits: (limits: DeviceLimits) => void): CommandHandlers => ({
  'run.offer': (offer) => desk.offer(offer),
  'run.cancel': (cancel) => Promise.resolve(desk.cancel(cancel)),
  'run.pause': (pause) => Promise.resolve(desk.pause(pause)),
  'device.set-limits': (limits) => {
    setLimits(limits)
    return Promise.resolve({})
  },
  ...host.commands,
})
