import { setTimeout as sleep } from 'node:timers/promises'
import { argumentsFor, orProblem, runForDocument } from './commands.mjs'
import { startProgram } from './program.mjs'

const linkTimeoutMs = 20_000
const firstRestartMs = 1_000
const longestRestartMs = 30_000

/**
 * Makes this machine a device of the hub, without a plan; one that is enrolled already learns where the hub is now.
 * @param {string} hubUrl @param {NodeJS.ProcessEnv} env
 */
export async function enrolLocalAgent(hubUrl, env) {
  // An authority of one's own is given to the agent as well; an address without TLS has none.
  const authority = env['HOLDFAST_TLS_CA']
  const trust = authority && hubUrl.startsWith('https:') ? ['--ca', authority] : []
  const moved = await runForDocument('holdfast', ['enrol', '--update-url', hubUrl, ...trust], env)
  if (moved.error?.code !== 'agent.not-enrolled') return void orProblem(moved)
  const { token } = orProblem(await runForDocument('holdfast-hub', ['enrol-token', 'create'], env))
  orProblem(await runForDocument('holdfast', ['enrol', hubUrl, '--token', token, ...trust], env))
}

/**
 * Keeps the agent running until it is told to stop: one that ends by itself is started again.
 * @param {NodeJS.ProcessEnv} env
 */
export function keepLocalAgent(env) {
  const start = () => startProgram('agent', argumentsFor('holdfast', ['run', '--exit-with-parent']), env, () => undefined)
  const stopping = new AbortController()
  let program = start()
  const kept = keep()
  async function keep() {
    for (let waitMs = firstRestartMs; ; waitMs = Math.min(waitMs * 2, longestRestartMs)) {
      const code = await program.ended
      if (stopping.signal.aborted) return
      console.error(`The agent ended (${code}); it is started again.\n${program.lastLines()}`)
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      program = start()
    }
  }
  return {
    /** @param {import('./program.mjs').Patience} patience @param {AbortSignal} hurry */
    async stop(patience, hurry) {
      stopping.abort()
      await program.stop(patience, hurry)
      await kept
    },
  }
}

/**
 * Waits until the agent has its link to the hub. Does not wait for ever: what asks the agent next says what is wrong.
 * @param {NodeJS.ProcessEnv} env @param {AbortSignal} stopping
 */
export async function untilLinked(env, stopping) {
  for (const deadline = performance.now() + linkTimeoutMs; performance.now() < deadline && !stopping.aborted; await sleep(100)) {
    if ((await runForDocument('holdfast', ['status'], env)).link === 'connected') return
  }
}
