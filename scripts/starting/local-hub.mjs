import { PlainProblem } from '../bootstrap/run-script.mjs'
import { argumentsFor } from './commands.mjs'
import { startProgram } from './program.mjs'

/**
 * @typedef {object} ReadyHub what a started hub tells (hub/src/cli/ready-hub.ts)
 * @property {string} url
 * @property {string | null} signInUrl
 * @property {readonly string[]} vaultsWithoutRecoveryKey
 */

/**
 * Starts the hub.
 * @param {NodeJS.ProcessEnv} env
 */
export function startLocalHub(env) {
  /** @type {(line: string) => void} */
  let takeAnswer
  /** @type {Promise<string>} */
  const answer = new Promise((resolve) => (takeAnswer = resolve))
  const program = startProgram('hub', argumentsFor('holdfast-hub', ['start', '--json', '--exit-with-parent']), env, (line) =>
    takeAnswer(line),
  )
  return {
    program,
    /**
     * Settles when the hub serves. One that is refused or fails says why, and we end with its exit code.
     * @returns {Promise<ReadyHub>}
     */
    async ready() {
      const line = await Promise.race([answer, program.ended])
      if (typeof line === 'string') {
        const document = JSON.parse(line)
        if (document.error === undefined) return document
        throw new PlainProblem(`${document.error.message}\n${document.error.cure}`, await program.ended)
      }
      throw new PlainProblem(`The hub could not be started.\n${program.lastLines()}`, line)
    },
  }
}
