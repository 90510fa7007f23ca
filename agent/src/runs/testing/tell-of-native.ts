/** Run as a program, also under `node --no-addons`: begins a backup of its argument and tells as JSON what the run's log says. */
import { MessageChannel } from 'node:worker_threads'
import { carryOutBackup } from '../carry-out-backup.ts'
import { HubPort } from '../hub-port.ts'
import { RunContext } from '../run-context.ts'
import type { FromWorker, RunOrder } from '../worker-messages.ts'

const source = String(process.argv[2])
const { port1, port2 } = new MessageChannel()
const said: unknown[] = []
port2.on('message', (message: FromWorker) => {
  if (message.kind === 'log') said.push(message.entry)
  // The hub is away: the backup ends where it would begin to read.
  if (message.kind === 'call')
    port2.postMessage({ kind: 'refusal', call: message.call, error: { code: 'hub.unreachable', message: 'away', cure: '' } })
})
const context = new RunContext({ excludedFolders: [] } as unknown as RunOrder, new HubPort(port1))
await carryOutBackup(context, { kind: 'backup', vaultId: '' as never, sources: [{ path: source }], full: true }).catch(() => undefined)
await new Promise((resolve) => setTimeout(resolve, 50))
port1.close()
process.stdout.write(JSON.stringify({ said, warnings: context.warningCount }))
