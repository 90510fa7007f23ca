import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { installPackages } from './install-packages.mjs'
import { whenNpmIsGone } from './npm-parent.mjs'
import { findProjectNode, projectEnv, sourceFlags } from './project-node.mjs'
import { inRoot, root } from './root.mjs'
import { runScript } from './run-script.mjs'
import { installSystemPackages } from './system-packages.mjs'

/**
 * From whatever Node called us to the project's own: installs, then runs a TypeScript script of the repository with our arguments.
 * Signals reach it from the terminal's process group or from here; its exit code becomes ours.
 * @param {string} script path in the repository @param {{ systemPackages?: import('./system-packages.mjs').SystemPackages }} [options]
 */
export const runStage = (script, { systemPackages } = {}) =>
  runScript(async () => {
    await installPackages()
    if (systemPackages !== undefined) await installSystemPackages(systemPackages)
    return await passOn(findProjectNode(), [...sourceFlags, inRoot(script), ...process.argv.slice(2)], { cwd: root })
  })

/**
 * Runs to the end with our own standard streams, and hands on signals.
 * @param {string} command @param {readonly string[]} args @param {{ cwd?: string }} [options]
 * @returns {Promise<number>} exit code; 128 + n after a signal
 */
export function passOn(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: 'inherit', env: projectEnv(), shell: process.platform === 'win32' })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
  whenNpmIsGone(() => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
