import { processTerminal } from './cli/terminal.ts'
import { runCli } from './cli/run-cli.ts'

// A full disk behind a redirected stream, or a reader that went away, ends no backup.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await runCli(process.argv, processTerminal())
