import { listenForStopRequests } from '../stop-requests.ts'

/* A process that tells how it was asked to stop: `ready`, then `asked REASON`, then `hurry`. It ends when killed. */
const requests = listenForStopRequests({ exitWithParent: process.argv[2] === '--exit-with-parent' })
setInterval(() => undefined, 60_000)
const tell = (line: string) => process.stdout.write(`${line}\n`)
void requests.asked.then((reason) => tell(`asked ${reason}`))
requests.hurry.addEventListener('abort', () => tell('hurry'))
tell('ready')
