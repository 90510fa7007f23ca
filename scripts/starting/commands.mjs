import { execFile } from 'node:child_process'
import { inRoot, root } from '../bootstrap/root.mjs'
import { findProjectNode, sourceFlags } from '../bootstrap/project-node.mjs'
import { PlainProblem } from '../bootstrap/run-script.mjs'

const bins = { holdfast: inRoot('agent', 'bin', 'holdfast.js'), 'holdfast-hub': inRoot('hub', 'bin', 'holdfast-hub.js') }

/**
 * What Node runs for one of our commands.
 * @param {keyof typeof bins} command @param {readonly string[]} args
 */
export const argumentsFor = (command, args) => [...sourceFlags, bins[command], ...args]

/**
 * Runs one of our short commands with `--json`.
 * @param {keyof typeof bins} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Record<string, any> & { error?: { code: string, message: string, cure: string } }>} its document
 */
export function runForDocument(command, args, env) {
  return new Promise((resolve, reject) => {
    execFile(
      findProjectNode(),
      argumentsFor(command, [...args, '--json']),
      { cwd: root, env, encoding: 'utf8' },
      (failure, stdout, stderr) => {
        try {
          resolve(JSON.parse(stdout))
        } catch {
          reject(new PlainProblem(`${command} ${args[0]} failed.\n${stderr.trim() || (failure?.message ?? '')}`))
        }
      },
    )
  })
}

/**
 * @template T @param {T & { error?: { message: string, cure: string } }} document
 * @returns {T} the document of a command that succeeded
 */
export function orProblem(document) {
  if (document.error !== undefined) throw new PlainProblem(`${document.error.message}\n${document.error.cure}`)
  return document
}
