import { runCli } from './cli/main-cli.ts'

// Whoever read our output may be gone (`| head -1`, a launcher that was killed). A hub goes on without listeners.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

// oxlint-disable-next-line node/no-process-env -- the one place where the environment enters; everybody else gets it from here
const exitStatus = await runCli(process.argv, process.env)
// Everything is closed, or was cut short and must not be waited for. Once the answer is written there is nothing left to do.
process.stdout.write('', () => process.exit(exitStatus))
