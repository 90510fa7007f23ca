import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inRoot } from '../bootstrap/root.mjs'
import { findProjectNode, projectEnv, sourceFlags } from '../bootstrap/project-node.mjs'
import { PlainProblem } from '../bootstrap/run-script.mjs'
import { argumentsFor } from './commands.mjs'
import { enrolLocalAgent, keepLocalAgent, untilLinked } from './local-agent.mjs'
import { startLocalHub } from './local-hub.mjs'

const backupGraceMs = 1_500

/** The agent first: it has reports to hand over. All in all below the 20 s within which nothing may be left. */
const agentPatience = { patienceMs: 4_500, hurryMs: 500 }
const hubPatience = { patienceMs: 10_000, hurryMs: 3_000 }

/**
 * Runs hub and agent until somebody wants them to end.
 * @param {{ backup: string | null, stop: { asked: AbortSignal, hurry: AbortSignal } }} options
 * @returns {Promise<number>} exit code
 */
export async function runProduct({ backup, stop }) {
  const env = productEnv()
  const hub = startLocalHub(env)
  /** @type {ReturnType<typeof keepLocalAgent> | undefined} */
  let agent
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let backingUp
  const isAsked = new Promise((resolve) => stop.asked.addEventListener('abort', resolve, { once: true }))
  try {
    const ready = await Promise.race([hub.ready(), isAsked.then(() => null)])
    if (ready === null) return 0
    tellReady(ready, env)
    await enrolLocalAgent(ready.url, env)
    if (stop.asked.aborted) return 0
    agent = keepLocalAgent(env)
    if (backup !== null) {
      await untilLinked(env, stop.asked)
      if (stop.asked.aborted) return 0
      backingUp = spawn(findProjectNode(), argumentsFor('holdfast', ['backup', backup]), { env, stdio: ['ignore', 'inherit', 'inherit'] })
    }
    const unexpected = await Promise.race([hub.program.ended, isAsked.then(() => null)])
    if (unexpected === null) return 0
    throw new PlainProblem(`The hub ended unexpectedly (${unexpected}).\n${hub.program.lastLines()}`)
  } finally {
    if (stop.asked.aborted) console.log('Stopping …')
    await Promise.all([endBackup(backingUp), agent?.stop(agentPatience, stop.hurry)])
    await hub.program.stop(hubPatience, stop.hurry)
  }
}

/** Hub and agent work with one data folder, whoever named it. */
function productEnv() {
  const env = projectEnv()
  try {
    const settings = execFileSync(findProjectNode(), [...sourceFlags, inRoot('scripts', 'starting', 'read-settings.ts')], {
      env,
      encoding: 'utf8',
    })
    const { dataDir } = JSON.parse(settings)
    return { HOLDFAST_AGENT_HOME: join(dataDir, 'agent'), ...env, HOLDFAST_DATA: dataDir }
  } catch (error) {
    const { status } = /** @type {{ status?: number }} */ (error)
    // What is wrong was written to stderr already.
    throw new PlainProblem('Holdfast was not started.', status ?? 1)
  }
}

/** @param {import('./local-hub.mjs').ReadyHub} ready @param {NodeJS.ProcessEnv} env */
function tellReady({ url, signInUrl, vaultsWithoutRecoveryKey }, env) {
  console.log(`Holdfast is ready at ${url}`)
  if (signInUrl !== null) console.log(`Sign in: ${signInUrl}`)
  if (vaultsWithoutRecoveryKey.length > 0) {
    console.log('The only key of your vault lies on the same disk as the vault, and without it nothing can be restored.')
    console.log(`Keep a copy of ${join(env.HOLDFAST_DATA ?? '', 'secret')} in a safe place elsewhere.`)
  }
  console.log(`Data lies in ${env.HOLDFAST_DATA}. Ctrl-C stops everything.`)
}

/** A backup under way is cancelled: it could not go on without the hub. @param {import('node:child_process').ChildProcess | undefined} command */
async function endBackup(command) {
  if (command === undefined || command.exitCode !== null || command.signalCode !== null) return
  const ended = once(command, 'exit')
  command.kill('SIGTERM')
  const timer = setTimeout(() => command.kill('SIGKILL'), backupGraceMs)
  await ended
  clearTimeout(timer)
}
