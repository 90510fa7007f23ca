import { runCli } from './cli/main-cli.ts'
import { watchOutput } from './cli/watch-output.ts'

const endOutput = watchOutput(process)

// oxlint-disable-next-line node/no-process-env -- the one place where the environment enters; everybody else gets it from here
const exitStatus = await runCli(process.argv, process.env)
// Everything is closed, or was cut short and must not be waited for. Once the answer is written there is nothing left to do.
process.exit(await endOutput(exitStatus))
