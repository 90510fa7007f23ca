import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { holdfastBin, projectRoot } from '../stack/project.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { measureCommand, type Command, type Servants } from './measure-command.ts'
import { treeOf } from './process-figures.ts'
import { bytesBelow, type Tool } from './tool.ts'
import { steps } from './figures.ts'
import { product } from './targets.ts'

/** The whole system, as a user runs it: hub with its Postgres, an enrolled agent that runs, and the command line that asks for runs. */
export const holdfastTool: Tool = {
  name: product,
  version: (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version,
  steps,
  async begin(folder) {
    const stack = await startStack({ parentFolder: folder })
    const servants = servantsOf(stack)
    const command = (...args: string[]): Command => ({ file: process.execPath, args: [holdfastBin, ...args, '--json'], env: stack.env })
    return {
      backUp: (source, signal) => measureCommand('command line', command('backup', source), servants, signal),
      restore: (_source, target, signal) =>
        measureCommand('command line', command('restore', 'latest', '--target', target), servants, signal),
      restoredPath: (source, target) => join(target, source),
      storedBytes: () => bytesBelow(join(stack.folder, 'data', 'store')),
      end: () => stack.stop(),
    }
  },
}

const servantsOf = (stack: Stack): Servants =>
  new Map([
    ['agent', () => treeOf(stack.agent().pid)],
    ['hub', () => [stack.hub().pid]],
    ['database', () => treeOf(stack.hub().pid).slice(1)],
  ])
