import { execFile } from 'node:child_process'
import { nodeArgs, projectRoot } from './project.ts'

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one of the project's programs to its end. */
export const runCommand = (bin: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> =>
  new Promise((resolve) => {
    const options = { cwd: projectRoot, env: { ...process.env, ...env }, maxBuffer: 256 * 2 ** 20, encoding: 'utf8' as const }
    execFile(process.execPath, nodeArgs(bin, args), options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
      resolve({ exitCode, stdout, stderr })
    })
  })

/** The one JSON document that a command with `--json` writes. Fails with everything it said when it ended otherwise than expected. */
export async function runForJson<T>(bin: string, args: readonly string[], env: NodeJS.ProcessEnv, expectedExitCode = 0): Promise<T> {
  const { exitCode, stdout, stderr } = await runCommand(bin, args, env)
  if (exitCode !== expectedExitCode) {
    throw new Error(`${args.join(' ')} ended with ${exitCode}, not ${expectedExitCode}:\n${stdout}\n${stderr}`)
  }
  return JSON.parse(stdout) as T
}
