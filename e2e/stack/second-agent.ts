import { join } from 'node:path'
import { runCommand, runForJson, type CommandResult } from './command-line.ts'
import { startProgram } from './program.ts'
import { holdfastBin } from './project.ts'
import { waitForLink, type Stack } from './start-stack.ts'

/** Another device of the stack's hub: a process and a state of its own, on the same machine. */
export interface SecondAgent {
  /** `holdfast …` with `--json`. */
  holdfast: Stack['holdfast']
  /** `holdfast …` with `--json` where it may fail. */
  tryHoldfast(args: readonly string[]): Promise<CommandResult>
  stop(): Promise<void>
}

/** Enrolled, running and linked. @param token of the hub; one for its own vault when left out */
export async function startSecondAgent(stack: Stack, name: string, token?: string): Promise<SecondAgent> {
  const env = { ...stack.env, HOLDFAST_AGENT_HOME: join(stack.folder, `agent of ${name}`) }
  const holdfast: Stack['holdfast'] = (args, expectedExitCode) => runForJson(holdfastBin, [...args, '--json'], env, expectedExitCode)
  const given = token ?? (await stack.holdfastHub<{ token: string }>(['enrol-token', 'create'])).token
  await holdfast(['enrol', stack.origin, '--token', given, '--name', name])
  const agent = startProgram(holdfastBin, ['run', '--exit-with-parent'], env)
  await waitForLink(holdfast, agent)
  return {
    holdfast,
    tryHoldfast: (args) => runCommand(holdfastBin, [...args, '--json'], env),
    stop: () => agent.stop(),
  }
}
