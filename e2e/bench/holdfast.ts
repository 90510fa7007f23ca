import { readFileSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { holdfastBin, hubBin, projectRoot } from '../stack/project.ts'
import { startStack, type Stack, type StackOptions } from '../stack/start-stack.ts'
import { measureCommand, noServants, type Command, type Servants } from './measure-command.ts'
import { treeOf } from './process-figures.ts'
import { bytesBelow, type Tool, type ToolRound } from './tool.ts'
import { steps } from './figures.ts'
import { product } from './targets.ts'

/** The whole system, as a user runs it: hub with its Postgres, an enrolled agent that runs, and the command line that asks for runs. */
export const holdfastTool: Tool = {
  name: product,
  version: (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version,
  steps,
  begin: (folder) => beginHoldfast({ parentFolder: folder }),
}

/** A round that also tells the processes that take part. */
export interface HoldfastRound extends ToolRound {
  readonly servants: Servants
  readonly stack: Stack
}

export async function beginHoldfast(options: StackOptions): Promise<HoldfastRound> {
  const stack = await startStack(options)
  const servants = await servantsOf(stack).catch(async (error: unknown) => {
    await stack.stop()
    throw error
  })
  const programCommand = (bin: string, args: readonly string[]): Command => ({
    file: process.execPath,
    args: [bin, ...args, '--json'],
    env: stack.env,
  })
  const command = (...args: string[]): Command => programCommand(holdfastBin, args)
  return {
    servants,
    stack,
    backUp: (source, signal) => measureCommand('command line', command('backup', source), servants, signal),
    restore: (_source, target, signal) =>
      measureCommand('command line', command('restore', 'latest', '--target', target), servants, signal),
    restoredPath: (source, target) => join(target, source),
    storedBytes: () => bytesBelow(join(stack.folder, 'data', 'store')),
    check: async (signal) => void (await measureCommand('check', programCommand(hubBin, ['fsck', '--deep']), noServants, signal)),
    end: () => stack.stop(),
  }
}

/** The hub's Postgres is a process of its own, not the hub's child; the first line of its lock file is its pid. */
async function postmasterOf({ folder }: Stack): Promise<number> {
  for await (const file of glob(join(folder, 'data/postgres/**/postmaster.pid')))
    return Number((await readFile(file, 'utf8')).split('\n')[0])
  throw new Error('The hub’s Postgres has no lock file where it was expected.')
}

/** Of the database as it runs now: with a hub that is started anew it is another one. */
export async function servantsOf(stack: Stack): Promise<Servants> {
  const postmaster = await postmasterOf(stack)
  return new Map([
    ['agent', () => treeOf(stack.agent().pid)],
    ['hub', () => treeOf(stack.hub().pid)],
    ['database', () => treeOf(postmaster)],
  ])
}
