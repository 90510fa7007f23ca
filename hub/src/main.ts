import { runCli } from './cli/main-cli.ts'

// Whoever read our output may be gone (`| head -1`, a launcher that was killed). A hub goes on without listeners.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

// oxlint-disable-next-line node/no-process-env -- the one place where the environment enters; everybody else gets it from here
process.exitCode = await runCli(process.argv, process.env)
// Everything was closed. Whatever still keeps the process alive after a second is a leak that nobody should wait for.
setTimeout(() => process.exit(), 1000).unref()
