import type { HostDoor } from '../host/host-commands.ts'
import type { CommandHandlers } from '../hub-connection/command-gate.ts'
import type { RunDesk } from '../runs/run-desk.ts'

/** What this device does when the hub asks. */
export const agentCommands = (desk: RunDesk, host: HostDoor): CommandHandlers => ({
  'run.offer': (offer) => desk.offer(offer),
  'run.cancel': (cancel) => Promise.resolve(desk.cancel(cancel)),
  'run.pause': (pause) => Promise.resolve(desk.pause(pause)),
  ...host.commands,
})
