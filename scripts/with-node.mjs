/** Runs a command with the project's Node and tools first in PATH: `node scripts/with-node.mjs oxlint .` or `… scripts/check.ts`. */
import { installPackages } from './bootstrap/install-packages.mjs'
import { findProjectNode, sourceFlags } from './bootstrap/project-node.mjs'
import { PlainProblem, runScript } from './bootstrap/run-script.mjs'
import { passOn } from './bootstrap/run-stage.mjs'

await runScript(async () => {
  const [command, ...args] = process.argv.slice(2)
  if (command === undefined) throw new PlainProblem('usage: node scripts/with-node.mjs COMMAND [ARGUMENT…]', 2)
  await installPackages({ tell: console.error })
  return /\.(m?js|ts)$/.test(command) ? await passOn(findProjectNode(), [...sourceFlags, command, ...args]) : await passOn(command, args)
})
