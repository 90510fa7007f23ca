import { processTerminal } from './cli/terminal.ts'
import { runCli } from './cli/run-cli.ts'
import { watchOutput } from './cli/watch-output.ts'

const endOutput = watchOutput(process)

process.exitCode = await endOutput(await runCli(process.argv, processTerminal()))
