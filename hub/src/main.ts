import { runCli } from './cli/main-cli.ts'

process.exitCode = await runCli(process.argv, process.env)
// Everything was closed. Whatever still keeps the process alive after a second is a leak that nobody should wait for.
setTimeout(() => process.exit(), 1000).unref()
